"""Whether a declared signal can be computed, named and trusted; asked when it is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ibis.common.exceptions import IbisError
from ibis.expr import types as ir

from features.declared import DerivedSignal, RowSignal, Signal, unbound_facts
from features.errors import DefinitionError
from features.example import read_example
from features.tables import TABLES
from features.terms import Term
from features.values import record

LONGEST_NAME = 63
LONGEST_WINDOW_DAYS = 3650
MOST_WINDOWS = 6
_WORD = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")


def check(declared: Signal) -> None:
    """Refuse a declaration that cannot be computed, named or trusted.

    The definitions of the shipped catalogue are not called here, which would cost a second at every start; the tests
    call `definition_problems` for them.

    Raises
    ------
    DefinitionError
        The message holds file, line and every problem found.
    """
    problems = (
        *_name_problems(declared),
        *_window_problems(declared),
        *_text_problems(declared),
        *_example_problems(declared),
        *(() if declared.is_shipped else definition_problems(declared)),
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
    if any(not isinstance(days, int) or not 1 <= days <= LONGEST_WINDOW_DAYS for days in declared.days):
        yield f"windows are whole days from 1 to {LONGEST_WINDOW_DAYS}, not {declared.days}."
    if len(set(declared.days)) != len(declared.days):
        yield f"windows repeat: {declared.days}."
    if len(declared.days) > MOST_WINDOWS:
        yield f"{len(declared.days)} windows; a measure has at most {MOST_WINDOWS}."


def _text_problems(declared: Signal) -> Iterable[str]:
    if declared.risk not in ("rises", "falls", "none"):
        yield f"risk is 'rises', 'falls' or 'none', not {declared.risk!r}."
    if not declared.meaning:
        yield "write a docstring of one sentence."
    if set(declared.say) not in ({"en", "zh"}, {"en", "zh", "en_below", "zh_below"}):
        yield "say needs a sentence in en and one in zh, and may have en_below and zh_below for values below zero."
    for language, sentence in declared.say.items():
        names = set(re.findall(r"{(\w*)}", sentence))
        if "value" not in names:
            yield f"the {language} sentence needs {{value}}."
        if unknown := names - {"value", "days"}:
            yield f"the {language} sentence may hold {{value}} and {{days}}, not {', '.join(unknown)}."
        if "days" in names and not declared.days:
            yield f"the {language} sentence holds {{days}} but the signal has no windows."


def _example_problems(declared: Signal) -> Iterable[str]:
    try:
        expected = read_example(declared.example, declared.table).expected
    except DefinitionError as error:
        yield str(error)
        return
    if set(expected) != set(declared.windows):
        wanted = ", ".join(f"{days}d: ..." for days in declared.days) or "one value"
        yield f"the example must expect a value for each window and no other: => {wanted}."


def definition_problems(declared: Signal) -> Iterable[str]:
    """Call the definition and say what is wrong with it."""
    try:
        yield from _returned_problems(declared)
    except DefinitionError as error:
        yield str(error)
    except (ArithmeticError, AttributeError, IbisError, LookupError, NameError, TypeError, ValueError) as error:
        yield f"{type(error).__name__}: {error}"


def _returned_problems(declared: Signal) -> Iterable[str]:
    if isinstance(declared, RowSignal):
        returned = declared.definition(unbound_facts(declared.table))
        if not isinstance(returned, Term):
            yield f"it must return an aggregate such as t.count(), not {type(returned).__name__}."
        elif declared.counts_days and not declared.days:
            yield "active_days needs windows; declare days=."
    if isinstance(declared, DerivedSignal):
        for days in declared.windows:
            _, value = record(declared.definition, days)
            if not isinstance(value, ir.Value):
                yield f"it must return a value made of other signals, not {type(value).__name__}."
                return
