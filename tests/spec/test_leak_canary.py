"""The canary: whatever was learned at or after the cutoff is corrupted, and no signal may notice."""

from datetime import date, datetime, timedelta

import duckdb
import ibis
import pytest

from features.compute import Panel, compute
from features.signal import columns_of, discover
from features.tables import KNOWN_AT, TABLES
from pipelines.demo import simulate

CUTOFF = datetime(2026, 5, 1)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    simulate(folder, folder / "truth", customers=60, months=10, seed=3, ends_on=date(2026, 8, 1))
    return folder


@pytest.fixture(scope="module")
def before(company):
    """All signals at the cutoff while everything is as it was."""
    return signals(opened(company))


@pytest.fixture
def engine(company):
    return opened(company)


def opened(company):
    """The company's tables in a database of its own."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, table in TABLES.items():
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM '{company / name}.parquet'")
        present = {row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
        if KNOWN_AT not in present:
            connection.execute(f"ALTER TABLE {name} ADD COLUMN known_at TIMESTAMP")
        connection.execute(f"UPDATE {name} SET known_at = {table.happened_at} WHERE known_at IS NULL")
    return ibis.duckdb.from_connection(connection)


def signals(engine, cutoff=CUTOFF, table=None):
    """All signals of all customers at a cutoff, or those of one table."""
    people = engine.table("customers").select("customer_id")
    population = people.mutate(cutoff=ibis.literal(cutoff, type="timestamp(6)"))
    tables = {name: engine.table(name) for name in TABLES}
    columns = [each for each in columns_of(discover().values()).values() if table in (None, each.signal.table.name)]
    panel = Panel(columns, [cutoff])
    (_, frame), *_ = [(at, engine.to_pandas(table)) for at, table in compute(engine, tables, population, panel)]
    return frame.drop(columns="cutoff").sort_values("customer_id", ignore_index=True)


def corrupt(engine, cutoff=CUTOFF):
    """Change every value that was learned at or after the cutoff, and bring further rows from then."""
    for name, table in TABLES.items():
        engine.con.execute(f"ALTER TABLE {name} ADD COLUMN later BOOLEAN")
        engine.con.execute(f"UPDATE {name} SET later = greatest(known_at, {table.happened_at}) >= TIMESTAMP '{cutoff}'")
        present = {row[0] for row in engine.con.execute(f"DESCRIBE {name}").fetchall()}
        for column in table:
            if column.name in present and column.name not in (table.happened_at, "customer_id"):
                from_then = f"{column.known_from} >= TIMESTAMP '{cutoff}'" if column.known_from in present else "false"
                engine.con.execute(
                    f"UPDATE {name} SET {column.name} = {wrong(column, cutoff)} WHERE later OR {from_then}"
                )
        engine.con.execute(f"INSERT INTO {name} SELECT * FROM {name} WHERE later AND '{name}' <> 'customers'")
        engine.con.execute(f"ALTER TABLE {name} DROP COLUMN later")


def wrong(column, cutoff):
    values = {
        "string": f"'{column.allowed[-1] if column.allowed else 'wrong'}'",
        "int64": "999",
        "float64": "-12345.678",
        "boolean": f"NOT coalesce({column.name}, false)",
        "timestamp": f"TIMESTAMP '{cutoff + 3 * DAY}'",
    }
    return values[column.type]


def changed(before, after):
    """Names of the signals that differ."""
    unequal = before.ne(after) & ~(before.isna() & after.isna())
    return [name for name in before if unequal[name].any()]


def test_what_is_learned_later_changes_no_signal(engine, before):
    corrupt(engine)
    assert changed(before, signals(engine)) == []


def test_the_canary_finds_a_panel_that_reads_one_day_too_far(engine):
    before = signals(engine, CUTOFF + DAY, "usage_events")
    corrupt(engine)
    found = changed(before, signals(engine, CUTOFF + DAY, "usage_events"))
    assert any(name.startswith("usage__logins") for name in found)


def test_the_canary_finds_an_engine_that_does_not_hide_late_columns(engine, monkeypatch):
    for room in ("rows", "source"):
        monkeypatch.setattr(f"features.{room}.masked", lambda rows, table, cutoff: rows)
    before = signals(engine, table="tickets")
    corrupt(engine)
    assert any(name.startswith("tickets__") for name in changed(before, signals(engine, table="tickets")))


def test_the_signals_of_a_customer_follow_the_cutoff(engine, before):
    first, second = before, signals(engine, CUTOFF + 30 * DAY)
    active = first["usage__logins__90d"] > 0
    same = (first[active] == second[active]).drop(columns="customer_id").all(axis=1)
    assert active.sum() > 20
    assert not same.any()
