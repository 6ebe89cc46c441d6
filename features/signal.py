"""How a signal is declared, named and found.

A declaration is data plus a function of a few lines::

    @signal(USAGE_EVENTS, days=(7, 30), unit="logins", empty=0, risk="falls",
            say={"en": "Logged in {value} times in the last {days} days", "zh": "近 {days} 天登录 {value} 次"},
            example='''
            happened_at | event_type
            -1d         | login
            -8d         | login
            => 7d: 1, 30d: 2
            ''')
    def logins(t: Facts) -> Term:
        \"\"\"Number of logins.\"\"\"
        return t.count(t.event_type == "login")

gives ``usage__logins__7d`` and ``usage__logins__30d``. The example is both its documentation and its test. ``derived``
declares a signal that is computed from others, of which it may ask any window.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ibis.expr import types as ir

from features.checks import check
from features.declared import EVER, DerivedSignal, Risk, RowSignal, Signal, SignalColumn, prefix
from features.errors import DefinitionError
from features.facts import Facts
from features.tables import TABLES, Table
from features.terms import Term
from features.values import Values

__all__ = ["Signal", "SignalColumn", "columns_of", "derived", "discover", "parse", "prefix", "signal"]

_UNSET: Any = object()


def parse(column: str) -> tuple[str, str, int | None]:
    """Split a column name into table prefix, measure and days.

    Raises
    ------
    DefinitionError
        If the name is not of the form ``<table>__<measure>__<window>``.

    >>> parse("usage__logins__7d")
    ('usage', 'logins', 7)
    >>> parse("orders__days_since_last__ever")
    ('orders', 'days_since_last', None)
    """
    parts = column.split("__")
    if len(parts) != 3 or not re.fullmatch(rf"{EVER}|[1-9]\d*d", parts[2]):
        raise DefinitionError(f"{column!r} is not a signal's name. Names are <table>__<measure>__<days>d or __{EVER}.")
    return parts[0], parts[1], None if parts[2] == EVER else int(parts[2][:-1])


def signal(
    table: Table,
    *,
    days: Iterable[int] = (),
    unit: str,
    empty: float | str | None = _UNSET,
    risk: Risk = "none",
    say: Mapping[str, str],
    example: str,
    core: bool = False,
) -> Callable[[Callable[[Facts], Term]], Signal]:
    """Declare a signal over the rows of a table; the parameters are those of `Signal`.

    Raises
    ------
    DefinitionError
        If the declaration cannot be trusted; the message names file and line.
    """
    return _declarer(RowSignal, table, days, unit, empty, risk, say, example, core)


def derived(
    table: Table,
    *,
    days: Iterable[int] = (),
    unit: str,
    empty: float | str | None = _UNSET,
    risk: Risk = "none",
    say: Mapping[str, str],
    example: str,
    core: bool = False,
) -> Callable[[Callable[[Values], ir.Value]], Signal]:
    """Declare a signal that is computed from other signals; the parameters are those of `Signal`.

    Raises
    ------
    DefinitionError
        If the declaration cannot be trusted; the message names file and line.
    """
    return _declarer(DerivedSignal, table, days, unit, empty, risk, say, example, core)


def discover(folders: Iterable[Path] = ()) -> dict[str, Signal]:
    """Find every signal of the catalogue and of further folders, by ``<prefix>__<measure>``.

    Parameters
    ----------
    folders
        Folders with Python files of a user's own signals.

    Raises
    ------
    DefinitionError
        If two signals have the same name, or a file cannot be imported.
    """
    found: dict[str, Signal] = dict(_shipped())
    for module in (_load(file) for folder in folders for file in sorted(Path(folder).glob("*.py"))):
        _collect(module, found)
    return found


def columns_of(signals: Iterable[Signal]) -> dict[str, SignalColumn]:
    """All columns of the signals by name."""
    return {signal.column(days): SignalColumn(signal, days) for signal in signals for days in signal.windows}


def _declarer(
    kind: type[Signal],
    table: Table,
    days: Iterable[int],
    unit: str,
    empty: float | str | None,
    risk: Risk,
    say: Mapping[str, str],
    example: str,
    core: bool,
) -> Callable[[Callable[[Any], Any]], Signal]:
    def declare(definition: Callable[[Any], Any]) -> Signal:
        code = definition.__code__
        where = f"{code.co_filename}:{code.co_firstlineno}"
        if not isinstance(table, Table):
            raise DefinitionError(
                f"{where}: signal {definition.__name__}: {table!r} is not a table. Import one of {', '.join(TABLES)} "
                "from features.tables; their names there are in capitals."
            )
        if empty is _UNSET:
            raise DefinitionError(
                f"{where}: signal {definition.__name__}: say what absence means: empty=0, or empty=None for missing."
            )
        declared = kind(
            table=table,
            measure=definition.__name__,
            days=tuple(days),
            unit=unit,
            empty=empty,
            risk=risk,
            say=dict(say),
            example=inspect.cleandoc(example),
            meaning=(definition.__doc__ or "").strip().split("\n")[0],
            definition=definition,
            core=core,
            where=where,
        )
        check(declared)
        return declared

    return declare


@cache
def _shipped() -> dict[str, Signal]:
    catalog = importlib.import_module("features.catalog")
    found: dict[str, Signal] = {}
    for module in sorted(pkgutil.iter_modules(catalog.__path__), key=lambda info: info.name):
        _collect(importlib.import_module(f"features.catalog.{module.name}"), found)
    return found


def _collect(module: ModuleType, found: dict[str, Signal]) -> None:
    for declared in vars(module).values():
        if isinstance(declared, Signal):
            known = found.setdefault(declared.name, declared)
            if known is not declared:
                raise DefinitionError(f"{declared.where}: {declared.name} is already declared in {known.where}.")


def _load(file: Path) -> ModuleType:
    name = f"churnlab_signals_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise DefinitionError(f"{file} cannot be read as Python.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        _refuse_repeated(file)
        spec.loader.exec_module(module)
    except DefinitionError:
        raise
    except (ArithmeticError, AttributeError, ImportError, LookupError, NameError, TypeError, ValueError) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        raise DefinitionError(f"{file}:{lines[-1] if lines else 1}: {type(error).__name__}: {error}") from error
    except SyntaxError as error:
        raise DefinitionError(f"{file}:{error.lineno}: SyntaxError: {error.msg}") from error
    return module


def _refuse_repeated(file: Path) -> None:
    """Refuse two functions of one name, of which Python would quietly keep the second."""
    lines: dict[str, int] = {}
    for part in ast.parse(file.read_bytes(), filename=str(file)).body:
        if isinstance(part, ast.FunctionDef) and lines.setdefault(part.name, part.lineno) != part.lineno:
            first = lines[part.name]
            raise DefinitionError(f"{file}:{part.lineno}: {part.name} is already declared in line {first}; rename one.")
