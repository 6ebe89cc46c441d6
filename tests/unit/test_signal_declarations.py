"""A declaration that cannot be computed, named or trusted is refused when it is made, with file and line."""

import re

import ibis
import pytest

from features.compute import Panel, compute
from features.errors import DefinitionError, UnsupportedOperationError
from features.example import EXAMPLE_CUTOFF
from features.signal import columns_of, derived, discover, parse, signal
from features.tables import CUSTOMERS, ORDERS, TABLES, Column, Table

SAY = {"en": "{value} things", "zh": "{value} 件"}
EXAMPLE = "ordered_at | amount\n-1d | 10\n=> 1"


def declare(definition, table=ORDERS, **changed):
    settings = {"unit": "things", "empty": 0, "say": SAY, "example": EXAMPLE} | changed
    return signal(table, **{name: value for name, value in settings.items() if value is not ...})(definition)


def counted(t):
    """Number of things."""
    return t.count()


def refused(words, definition=counted, table=ORDERS, **changed):
    """Whether the declaration is refused with these words, after this file and the definition's line."""
    with pytest.raises(DefinitionError) as raised:
        declare(definition, table, **changed)
    line = definition.__code__.co_firstlineno
    assert str(raised.value).startswith(f"{__file__}:{line}: signal {definition.__name__}: ")
    assert re.search(words, str(raised.value)), str(raised.value)
    return True


def returning(made):
    """A definition with a docstring that returns what a function makes of the facts."""

    def made_up(t):
        """Number of things."""
        return made(t)

    return made_up


def test_a_sound_declaration_is_taken():
    assert declare(counted, days=(7,), example=EXAMPLE.replace("=> 1", "=> 7d: 1")).columns == ("orders__counted__7d",)


NAMES = {
    "capitals": ("Counted", "lower snake case"),
    "a double underscore, which would not parse back": ("two__parts", "lower snake case"),
    "too long a name": ("x" * 60, "longer than 63 characters"),
}


@pytest.mark.parametrize(("name", "words"), NAMES.values(), ids=NAMES)
def test_a_name_that_cannot_be_a_column_is_refused(name, words):
    def definition(t):
        """Number of things."""
        return t.count()

    definition.__name__ = name
    refused(words, definition)


@pytest.mark.parametrize("column", ["logins", "usage__logins", "usage__logins__0d", "usage__logins__7", "a__b__c__7d"])
def test_a_name_that_does_not_parse_is_refused(column):
    with pytest.raises(DefinitionError, match="is not a signal's name"):
        parse(column)


MADE_UP = Table("visits", "One visit", ("visit_id",), "at", (Column("at", "timestamp", "When."),))
DECLARATIONS = {
    "absence left open": ({"empty": ...}, "say what absence means"),
    "a table by its name": ({"table": "orders"}, "'orders' is not a table. Import one of .*orders"),
    "an unknown table": ({"table": MADE_UP}, "visits is not canonical; there are .*orders"),
    "a window of no days": ({"days": (0,)}, "whole days from 1 to 3650"),
    "a window of a word": ({"days": ("7",)}, "whole days from 1 to 3650"),
    "a window longer than any data": ({"days": (3651,)}, "whole days from 1 to 3650"),
    "a window twice": ({"days": (7, 7)}, "windows repeat"),
    "too many windows": ({"days": (1, 2, 3, 4, 5, 6, 7)}, "7 windows; a measure has at most 6"),
    "an unknown direction of risk": ({"risk": "up"}, "'rises', 'falls' or 'none', not 'up'"),
    "one language": ({"say": {"en": "{value} things"}}, "a sentence in en and one in zh"),
    "a sentence without value": ({"say": SAY | {"en": "things"}}, "the en sentence needs {value}"),
    "a sentence with an unknown word": ({"say": SAY | {"en": "{value} {much}"}}, "not much"),
    "a sentence with days and no windows": ({"say": SAY | {"zh": "{value} {days}"}}, "the signal has no windows"),
    "an example without expectation": ({"example": "ordered_at\n-1d"}, "needs a last line"),
    "an example of an unknown column": ({"example": "colour\nred\n=> 1"}, "names a column 'colour'; orders has"),
    "an example with another time": ({"example": "ordered_at\nyesterday\n=> 1"}, "relative to the cutoff"),
    "an example of another window": ({"days": (7,)}, "a value for each window"),
}


@pytest.mark.parametrize(("changed", "words"), DECLARATIONS.values(), ids=DECLARATIONS)
def test_a_declaration_that_leaves_something_open_is_refused(changed, words):
    refused(words, **changed)


DEFINITIONS = {
    "an unknown column": (lambda t: t.sum(t.colour), r"orders has no column colour. It has: order_id"),
    "a time read raw": (lambda t: t.max(t.ordered_at), "is a time and cannot be read raw. Use days_since_last"),
    "a later time read raw": (lambda t: t.count(t.returned_at.notnull()), "orders.returned_at is a time"),
    "the knowledge time read raw": (lambda t: t.max(t.known_at), "orders.known_at is a time"),
    "days since something that is no time": (lambda t: t.days_since_last(at="amount"), "orders.amount is not a time"),
    "gaps within an unknown column": (lambda t: t.max(t.days_since_previous("colour")), "no column colour"),
    "a number": (lambda t: 1, "must return an aggregate such as t.count\\(\\), not int"),
    "a row's value": (lambda t: t.amount, "must return an aggregate such as t.count\\(\\), not FloatingColumn"),
    "active days of the whole history": (lambda t: t.active_days(), "active_days needs windows"),
    "an operation that a type lacks": (lambda t: t.sum(t.category.sqrt()), "AttributeError.*sqrt"),
    "a mean of words": (lambda t: t.mean(t.category), "are of numbers, not of a value of type string"),
    "a mistake in arithmetic": (lambda t: t.count() * (1 / 0), "ZeroDivisionError"),
    "a key that is not there": (lambda t: t.count() * {}["factor"], "KeyError: 'factor'"),
}


@pytest.mark.parametrize(("made", "words"), DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_definition_that_cannot_be_computed_is_refused(made, words):
    refused(words, returning(made))


def test_what_can_change_of_a_customer_is_refused():
    refused(
        "customers.owner can change",
        returning(lambda t: t.latest(t.owner)),
        CUSTOMERS,
        example="signed_up_at\n-9d\n=> 1",
    )


def test_a_docstring_is_wanted():
    def undocumented(t):
        return t.count()

    refused("write a docstring", undocumented)


def test_a_derived_signal_must_return_a_value():
    def nothing(s):
        """Nothing."""

    with pytest.raises(DefinitionError, match="signal nothing: it must return a value made of other signals"):
        derived(ORDERS, unit="things", empty=0, say=SAY, example=EXAMPLE)(nothing)


HEAD = "from features.signal import signal\nfrom features.tables import ORDERS\n\n"
DECLARED = """
@signal(ORDERS, unit="things", empty=0, say={"en": "{value}", "zh": "{value}"}, example="ordered_at\\n-1d\\n=> 1")
def counted_here(t):
    'Number of things.'
    return t.count()
"""
FILES = {
    "not Python": ("def (", r"mine.py:1: SyntaxError"),
    "two of one name": (HEAD + DECLARED + DECLARED, r"mine.py:\d+: counted_here is already declared in line \d+"),
    "a name that is not there": (
        HEAD + DECLARED.replace("count()", "count(t.amount > limit)"),
        r"mine.py:\d+: signal counted_here: NameError: name 'limit' is not defined",
    ),
    "a wrong import": ("\nimport nothing_of_that_name\n", r"mine.py:2: ModuleNotFoundError"),
    "a mistake outside a definition": ("\n\nLIMITS = {}\nLIMIT = LIMITS['orders']\n", r"mine.py:4: KeyError: 'orders'"),
    "another encoding": ("# -*- coding: nowhere -*-\n", r"mine.py:\S+: SyntaxError"),
}


@pytest.mark.parametrize(("text", "words"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(tmp_path, text, words):
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError, match=words):
        discover([tmp_path])


def test_two_files_with_the_same_signal_are_refused(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(HEAD + DECLARED, encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"two.py:\d+: orders__counted_here is already declared in .*one.py:\d+"):
        discover([tmp_path])


def compute_for_nobody(connection, signals):
    people = ibis.memtable({"customer_id": ["a"], "cutoff": [EXAMPLE_CUTOFF]})
    panel = Panel(list(columns_of(signals).values()), [EXAMPLE_CUTOFF])
    return list(compute(connection, {}, people, panel))


def test_an_operation_that_the_backend_lacks_is_named_before_any_work():
    lacking = declare(returning(lambda t: t.distinct(t.category.hashbytes("sha512"))))
    connection = ibis.duckdb.connect()
    with pytest.raises(UnsupportedOperationError, match=r"py:\d+: orders__made_up cannot .* on duckdb: .*HashBytes"):
        compute_for_nobody(connection, [declare(counted), lacking])
    assert connection.list_tables() == []


def test_another_backend_is_named_before_any_work():
    connection = ibis.sqlite.connect()
    with pytest.raises(UnsupportedOperationError, match=r"cannot be computed on sqlite\. Use one of duckdb, pyspark\."):
        compute_for_nobody(connection, [declare(counted)])
    assert connection.list_tables() == []


def test_every_table_can_be_declared_on():
    for table in TABLES.values():
        assert declare(counted, table, example=f"{table.happened_at}\n-1d\n=> 1").table is table
