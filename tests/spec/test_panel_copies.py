"""A panel whose rows were copied from one snapshot is refused; one that was computed is not."""

from datetime import datetime
from random import Random

import duckdb
import ibis
import pytest
from histories import DAY, arrow_tables, history, population

from features.compute import Panel, compute
from features.signal import columns_of, discover
from pipelines.errors import DataError
from pipelines.panel import file_of
from pipelines.panel_copies import CUSTOMERS_COMPARED, refuse_copies

CUTOFFS = [datetime(2024, 3, 1), datetime(2024, 4, 1), datetime(2024, 5, 1)]
NAMES = ["usage__logins__30d", "usage__days_since_last__ever", "orders__spend__90d", "customers__industry__ever"]
COLUMNS = [columns_of(discover().values())[name] for name in NAMES]


@pytest.fixture
def connection():
    return duckdb.connect()


def computed(connection, folder, customers=80):
    """Files of the signals of invented customers, of whom some have no rows."""
    backend = ibis.duckdb.from_connection(connection)
    people = [f"c{number}" for number in range(customers)]
    rows = history(Random(5), people, CUTOFFS)
    tables = {name: backend.create_table(name, some) for name, some in arrow_tables(rows).items()}
    who = backend.create_table("who", population([(one, cutoff) for one in [*people, "new"] for cutoff in CUTOFFS]))
    files = []
    for cutoff, table in compute(backend, tables, who, Panel(COLUMNS, CUTOFFS)):
        files.append(folder / file_of(cutoff))
        backend.to_parquet(table, files[-1])
    return files


def test_a_computed_panel_is_taken(connection, tmp_path):
    refuse_copies(connection, computed(connection, tmp_path), COLUMNS)


def test_a_copied_snapshot_is_found(connection, tmp_path):
    first, second, third = computed(connection, tmp_path)
    connection.execute(
        f"COPY (SELECT * REPLACE (cutoff + INTERVAL 30 DAY AS cutoff) FROM '{second}' ORDER BY random()) TO '{third}'"
    )
    with pytest.raises(DataError, match=f"of \\d+ active customers have the same signals in {second.stem} and"):
        refuse_copies(connection, [first, second, third], COLUMNS)


def write(connection, path, customers, values):
    """A panel of one cutoff in which every customer has the same values."""
    shown = ", ".join(f'{value} AS "{name}"' for name, value in zip(NAMES, values, strict=True))
    source = f"SELECT 'c' || range AS customer_id, TIMESTAMP '2024-01-01' AS cutoff, {shown} FROM range({customers})"
    connection.execute(f"COPY ({source}) TO '{path}'")
    return path


ACTIVE, INACTIVE = (2.0, 3.0, 10.0, "'retail'"), (0.0, "NULL::DOUBLE", 0.0, "'retail'")


@pytest.mark.parametrize(
    ("customers", "values", "is_refused"),
    [(30, ACTIVE, True), (29, ACTIVE, False), (500, INACTIVE, False), (CUSTOMERS_COMPARED * 3, ACTIVE, True)],
    ids=["enough", "too few to say", "nobody active", "many"],
)
def test_only_enough_active_customers_are_looked_at(connection, tmp_path, customers, values, is_refused):
    files = [write(connection, tmp_path / f"{number}.parquet", customers, values) for number in range(2)]
    if is_refused:
        with pytest.raises(DataError, match=f"{min(customers, CUSTOMERS_COMPARED)} of"):
            refuse_copies(connection, files, COLUMNS)
    else:
        refuse_copies(connection, files, COLUMNS)


def test_other_values_in_one_signal_are_enough(connection, tmp_path):
    one = write(connection, tmp_path / "1.parquet", 100, ACTIVE)
    other = write(connection, tmp_path / "2.parquet", 100, (2.0, 3.0 + 1 / DAY.days / 86_400, 10.0, "'retail'"))
    refuse_copies(connection, [one, other], COLUMNS)


def test_a_panel_without_the_time_since_an_event_says_nothing(connection, tmp_path):
    files = [write(connection, tmp_path / f"{number}.parquet", 100, ACTIVE) for number in range(2)]
    refuse_copies(connection, files, [column for column in COLUMNS if "days_since" not in column.name])
