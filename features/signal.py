"""How a signal is declared, named, checked and found.

A declaration is data plus a function of a few lines::

    @signal(USAGE_EVENTS, days=(7, 30), unit="logins", empty=0, risk="falls",
            say={"en": "{value} logins in the last {days} days", "zh": "近 {days} 天登录 {value} 次"},
            example='''
            happened_at | event_type
            -1d         | login
            -8d         | login
            => 7d: 1, 30d: 2
            ''')
    def logins(t):
        \"\"\"Number of logins.\"\"\"
        return t.count(t.event_type == "login")

gives ``usage__logins__7d`` and ``usage__logins__30d``. The example is both its documentation and its test.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import ibis

from features.errors import DefinitionError
from features.tables import TABLES, Table
from features.terms import Facts, Term, facts_schema

Risk = Literal["rises", "falls", "none"]
Definition = Callable[[Facts], Term]
EVER = "ever"
LONGEST_NAME = 63
MOST_WINDOWS = 6
_WORD = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
_UNSET: Any = object()


@dataclass(frozen=True, eq=False)
class Signal:
    """A declared signal, one column for each of its windows.

    Parameters
    ----------
    table
        The canonical table whose rows it reads.
    measure
        Name of the measure, the function's name.
    days
        Lengths of the windows in days; empty for the whole history.
    unit
        Unit of the value.
    empty
        What a customer without rows has; ``None`` for missing.
    risk
        Whether risk grows as the value rises or falls; ``none`` where it does neither.
    say
        Sentence for reasons in ``en`` and ``zh`` with ``{value}`` and ``{days}``.
    example
        ASCII table of rows and the expected values.
    meaning
        First line of the docstring.
    definition
        The function that reads the facts.
    core
        Whether it is one of the indicators on the front page.
    where
        File and line of the declaration.
    """

    table: Table
    measure: str
    days: tuple[int, ...]
    unit: str
    empty: float | str | None
    risk: Risk
    say: Mapping[str, str]
    example: str
    meaning: str
    definition: Definition = field(repr=False)
    core: bool
    where: str

    @property
    def windows(self) -> tuple[int | None, ...]:
        """The windows in days, ``None`` for the whole history."""
        return self.days or (None,)

    def column(self, days: int | None) -> str:
        """Name of the column of one window."""
        return f"{prefix(self.table)}__{self.measure}__{EVER if days is None else f'{days}d'}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all its columns."""
        return tuple(self.column(days) for days in self.windows)

    @property
    def is_category(self) -> bool:
        """Whether the value is a word."""
        term = self.definition(Facts(self.table, _unbound(self.table)))
        return len(term.aggregates) == 1 and bool(
            term.aggregates[0].operation == "latest" and term.aggregates[0].value.type()["value"].is_string()
        )


@dataclass(frozen=True)
class SignalColumn:
    """One column of the panel: a signal in one window."""

    signal: Signal
    days: int | None

    @property
    def name(self) -> str:
        """Column name."""
        return self.signal.column(self.days)


def prefix(table: Table) -> str:
    """First word of the table's name, with which its columns begin.

    >>> from features.tables import USAGE_EVENTS
    >>> prefix(USAGE_EVENTS)
    'usage'
    """
    return table.name.split("_")[0]


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
) -> Callable[[Definition], Signal]:
    """Declare a signal; the parameters are those of `Signal`.

    Raises
    ------
    DefinitionError
        If the declaration cannot be trusted; the message names file and line.
    """

    def declare(definition: Definition) -> Signal:
        code = definition.__code__
        declared = Signal(
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
            where=f"{code.co_filename}:{code.co_firstlineno}",
        )
        _check(declared)
        return declared

    return declare


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
            name = f"{prefix(declared.table)}__{declared.measure}"
            if name in found and found[name] is not declared:
                raise DefinitionError(f"{declared.where}: {name} is already declared in {found[name].where}.")
            found[name] = declared


def _load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"churnlab_signals_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise DefinitionError(f"{file} cannot be read as Python.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError, NameError, TypeError, AttributeError) as error:
        raise DefinitionError(f"{file}: {type(error).__name__}: {error}") from error
    return module


@cache
def _unbound(table: Table) -> Any:
    return ibis.table(facts_schema(table), name=table.name)


def _check(declared: Signal) -> None:
    problems = (
        *_name_problems(declared),
        *_window_problems(declared),
        *_text_problems(declared),
        *_definition_problems(declared),
    )
    if problems:
        raise DefinitionError(f"{declared.where}: signal {declared.measure}: " + " ".join(problems))


def _name_problems(declared: Signal) -> Iterable[str]:
    if TABLES.get(declared.table.name) is not declared.table:
        yield f"table {declared.table.name} is not canonical; there are {', '.join(TABLES)}."
    if not _WORD.match(declared.measure):
        yield "its name must be lower snake case without double underscores."
    for column in declared.columns:
        if len(column) > LONGEST_NAME:
            yield f"{column} is longer than {LONGEST_NAME} characters; shorten the function's name."


def _window_problems(declared: Signal) -> Iterable[str]:
    if any(not isinstance(days, int) or days < 1 for days in declared.days):
        yield f"windows are whole days of at least 1, not {declared.days}."
    if len(set(declared.days)) != len(declared.days):
        yield f"windows repeat: {declared.days}."
    if len(declared.days) > MOST_WINDOWS:
        yield f"{len(declared.days)} windows; a measure has at most {MOST_WINDOWS}."


def _text_problems(declared: Signal) -> Iterable[str]:
    if declared.empty is _UNSET:
        yield "say what absence means: empty=0, or empty=None for missing."
    if declared.risk not in ("rises", "falls", "none"):
        yield f"risk is 'rises', 'falls' or 'none', not {declared.risk!r}."
    if not declared.meaning:
        yield "write a docstring of one sentence."
    if set(declared.say) != {"en", "zh"}:
        yield "say needs a sentence in en and one in zh."
    for language, sentence in declared.say.items():
        if "{value}" not in sentence:
            yield f"the {language} sentence needs {{value}}."
    if "=>" not in declared.example:
        yield "give an example: an ASCII table of rows and a line '=> value'."


def _definition_problems(declared: Signal) -> Iterable[str]:
    try:
        term = declared.definition(Facts(declared.table, _unbound(declared.table)))
    except DefinitionError as error:
        yield str(error)
        return
    if not isinstance(term, Term):
        yield f"it must return an aggregate such as t.count(), not {type(term).__name__}."
