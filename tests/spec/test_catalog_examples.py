"""Every signal's example is its test: all are computed in one call, each as a customer of its own."""

import math

import ibis
import pytest

from features.compute import Panel, compute
from features.example import EXAMPLE_CUTOFF, example_people, example_tables, read_example
from features.signal import columns_of, discover

SIGNALS = discover([])
EXAMPLES = {name: read_example(signal.example, signal.table) for name, signal in SIGNALS.items()}
CASES = [(name, days) for name, signal in SIGNALS.items() for days in signal.windows]


def values_of_examples(connection):
    tables = {name: connection.create_table(f"example_{name}", rows) for name, rows in example_tables(EXAMPLES).items()}
    population = connection.create_table("example_people", example_people(EXAMPLES))
    panel = Panel(list(columns_of(SIGNALS.values()).values()), [EXAMPLE_CUTOFF])
    rows = [
        row for _, table in compute(connection, tables, population, panel) for row in table.to_pyarrow().to_pylist()
    ]
    return {row["customer_id"]: row for row in rows}


@pytest.fixture(scope="module")
def values():
    return values_of_examples(ibis.duckdb.connect())


@pytest.mark.parametrize(("name", "days"), CASES, ids=lambda part: str(part))
def test_a_signal_gives_what_its_example_says(values, name, days):
    expected = EXAMPLES[name].expected
    assert set(expected) == set(SIGNALS[name].windows), "the example must say a value for each window and no other"
    value = values[name][SIGNALS[name].column(days)]
    if isinstance(expected[days], float):
        assert value is not None
        assert math.isclose(value, expected[days], rel_tol=1e-9, abs_tol=1e-9), (value, expected[days])
    else:
        assert value == expected[days]


def test_every_customer_of_an_example_has_one_row(values):
    assert len(values) == len(example_people(EXAMPLES))
