"""Sources into canonical tables: filter, grouping, currencies, several sources, accounts, and all or nothing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.tables import CUSTOMERS, ORDERS, TABLES
from pipelines.errors import ConfigError, DataError
from pipelines.ingest import Ledger, Mapping, ingest

ORDER = {"order_id": "id", "customer_id": "customer", "ordered_at": "at"}
LINES = """\
order,customer,at,product,units,price
1,c1,2026-01-01 09:00:00,apple,2,1.5
1,c1,2026-01-01 09:01:00,apple,1,1.5
1,c1,2026-01-01 09:00:30,pear,4,0.25
2,c1,2026-01-05 10:00:00,pear,1,0.25
3,c2,2026-01-02 11:00:00,apple,-2,1.5
4,c2,2026-01-03 12:00:00,plum,1,x
"""
GROUPED: dict[str, Any] = {
    "path": "lines.csv",
    "types": {"units": "number", "price": "number", "at": "time"},
    "where": "units > 0",
    "columns": {"order_id": "order", "customer_id": "customer"},
    "group_by": ["order_id", "customer_id"],
    "aggregate": {
        "ordered_at": 'min("at")',
        "amount": "sum(units * price)",
        "quantity": "sum(units)",
        "lines": "count(*)",
        "distinct_products": "count(DISTINCT product)",
    },
    "reject_limit": 0.5,
}


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection


@pytest.fixture
def warehouse(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    database.execute("DROP SCHEMA IF EXISTS loaded CASCADE")
    return database


def load(
    folder: Path, warehouse: duckdb.DuckDBPyConnection, files: dict[str, str], tables: dict[str, Any]
) -> list[Ledger]:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return ingest(Mapping.model_validate({"tables": tables}), folder, warehouse, "loaded")


def rows(warehouse: duckdb.DuckDBPyConnection, table: str, columns: str) -> list[tuple[Any, ...]]:
    return warehouse.table(f"loaded.{table}").project(columns).order("ALL").fetchall()


def orders(**settings: Any) -> dict[str, Any]:
    return {"orders": {"path": "orders.csv", "columns": ORDER} | settings}


def test_lines_become_orders(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    ledgers = load(tmp_path, warehouse, {"lines.csv": LINES}, {"orders": GROUPED})
    assert rows(
        warehouse, "orders", "order_id, customer_id, ordered_at, amount, quantity, lines, distinct_products"
    ) == [
        ("1", "c1", datetime(2026, 1, 1, 9), 5.5, 7.0, 3, 2),
        ("2", "c1", datetime(2026, 1, 5, 10), 0.25, 1.0, 1, 1),
    ]
    account = ledgers[0]
    assert (account.read, account.dropped, account.merged, account.rejected, account.written) == (6, 1, 2, 1, 2)
    assert rows(warehouse, "rejected", 'row_number, "column", value_shown, reason') == [
        (6, "price", "x", "not a number")
    ]


def test_a_group_without_a_required_value_is_rejected_whole(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    lines = "order,customer,at\n1,c1,2026-01-01\n2,c1,\n2,c1,\n2,c1,\n"
    source = {
        "path": "lines.csv",
        "columns": {"order_id": "order", "customer_id": "customer"},
        "group_by": ["order_id", "customer_id"],
        "aggregate": {"ordered_at": 'min("at")'},
        "reject_limit": 1.0,
    }
    account = load(tmp_path, warehouse, {"lines.csv": lines}, {"orders": source})[0]
    assert (account.read, account.rejected, account.written, account.merged) == (4, 3, 1, 0)
    assert rows(warehouse, "rejected", 'row_number, "column", reason') == [(2, "ordered_at", "missing")]


def test_all_canonical_columns_with_their_types(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(tmp_path, warehouse, {"orders.csv": "id,customer,at\n1,c1,2026-01-01\n"}, orders())
    for table in (ORDERS, CUSTOMERS):
        relation = warehouse.table(f"loaded.{table.name}")
        stored = dict(zip(relation.columns, map(str, relation.types), strict=True))
        names = {
            "string": "VARCHAR",
            "int64": "BIGINT",
            "float64": "DOUBLE",
            "boolean": "BOOLEAN",
            "timestamp": "TIMESTAMP",
        }
        assert stored == {column.name: names[column.type] for column in table.all_columns}


def test_customers_are_derived_from_their_first_event(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    files = {
        "orders.csv": "id,customer,at\n1,c1,2026-01-05\n2,c1,2026-01-02\n3,c2,2026-01-03\n",
        "tickets.csv": "id,customer,at\n1,c1,2026-01-04\n2,c3,2026-01-09\n",
    }
    tables = orders() | {
        "tickets": {"path": "tickets.csv", "columns": {"ticket_id": "id", "customer_id": "customer", "opened_at": "at"}}
    }
    ledgers = load(tmp_path, warehouse, files, tables)
    assert rows(warehouse, "customers", "customer_id, signed_up_at, known_at") == [
        ("c1", datetime(2026, 1, 2), datetime(2026, 1, 2)),
        ("c2", datetime(2026, 1, 3), datetime(2026, 1, 3)),
        ("c3", datetime(2026, 1, 9), datetime(2026, 1, 9)),
    ]
    assert [ledger.table for ledger in ledgers] == ["orders", "tickets", "customers"]


def test_known_at_is_the_time_of_the_event_unless_mapped(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "id,customer,at,entered\n1,c1,2026-01-05,2026-01-07\n2,c1,2026-01-05,\n"
    load(tmp_path, warehouse, {"orders.csv": content}, orders(columns=ORDER | {"known_at": "entered"}))
    assert rows(warehouse, "orders", "order_id, known_at") == [("1", datetime(2026, 1, 7)), ("2", datetime(2026, 1, 5))]


def test_expression_constant_value_map_and_factor(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "who,at,kind,seconds\n7,2026-01-05,A,90\n8,2026-01-06,B,30\n9,2026-01-06,,\n"
    source = {
        "path": "usage.csv",
        "columns": {
            "event_id": {"expression": "'e' || source_row"},
            "customer_id": {"expression": "'shop-' || who"},
            "happened_at": "at",
            "event_type": {"column": "kind", "value_map": {"A": "login", "*": "feature"}},
            "duration_minutes": {"column": "seconds", "unit_factor": 1 / 60},
            "feature": {"constant": "web"},
        },
    }
    load(tmp_path, warehouse, {"usage.csv": content}, {"usage_events": source})
    assert rows(warehouse, "usage_events", "event_id, customer_id, event_type, duration_minutes, feature") == [
        ("e1", "shop-7", "login", 1.5, "web"),
        ("e2", "shop-8", "feature", 0.5, "web"),
        ("e3", "shop-9", None, None, "web"),
    ]


def test_events_without_an_identifier_get_the_same_ones_in_every_load(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    lines = ["c1,2026-01-01,login", "c1,2026-01-01,login", "c2,2026-01-01,login", "c1,2026-01-02,login"]
    source = {"path": "usage.csv", "columns": {"customer_id": "who", "happened_at": "at", "event_type": "kind"}}

    def ids(order: list[str]) -> Counter[tuple[Any, ...]]:
        load(tmp_path, warehouse, {"usage.csv": "\n".join(["who,at,kind", *order, ""])}, {"usage_events": source})
        return Counter(rows(warehouse, "usage_events", "event_id, customer_id, happened_at"))

    first, again = ids(lines), ids(lines[::-1])
    assert first == again
    assert len({event_id for event_id, _, _ in first}) == 4


def test_amounts_in_one_foreign_currency(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "id,customer,at,amount,units\n1,c1,2026-01-05,€10,3\n"
    columns = ORDER | {"amount": "amount", "quantity": "units"}
    load(tmp_path, warehouse, {"orders.csv": content}, orders(columns=columns, currency="EUR", rates={"EUR": 8.0}))
    assert rows(warehouse, "orders", "amount, quantity") == [(80.0, 3.0)]


def test_amounts_in_the_currency_of_their_row(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "id,customer,at,amount,code\n1,c1,2026-01-05,10,EUR\n2,c1,2026-01-05,10,CNY\n3,c1,2026-01-05,10,XXX\n"
    how = {"currency_column": "code", "rates": {"EUR": 8.0, "CNY": 1.0}, "reject_limit": 0.5}
    account = load(tmp_path, warehouse, {"orders.csv": content}, orders(columns=ORDER | {"amount": "amount"}, **how))[0]
    assert rows(warehouse, "orders", "order_id, amount") == [("1", 80.0), ("2", 10.0)]
    assert account.rejected == 1
    assert rows(warehouse, "rejected", "row_number, reason") == [(3, "not a number, or no rate for its currency")]


def test_several_sources_of_a_table_are_stacked(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    files = {"old.csv": "id,customer,at\n1,c1,05/01/2026\n", "new.csv": "nr;who;when\n2;c2;2026-01-06\n"}
    tables = {
        "orders": [
            {"path": "old.csv", "columns": ORDER, "date_format": "%d/%m/%Y"},
            {
                "path": "new.csv",
                "delimiter": ";",
                "columns": {"order_id": "nr", "customer_id": "who", "ordered_at": "when"},
            },
        ]
    }
    ledgers = load(tmp_path, warehouse, files, tables)
    assert rows(warehouse, "orders", "order_id, ordered_at") == [
        ("1", datetime(2026, 1, 5)),
        ("2", datetime(2026, 1, 6)),
    ]
    assert [ledger.source for ledger in ledgers] == ["old.csv", "new.csv", "derived from orders"]


@pytest.mark.parametrize("path", ["in", "in/*.csv", "in/**/*.csv"])
def test_folder_and_globs_join_files_by_the_names_of_columns(
    path: str, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    files = {
        "in/a.csv": "id,customer,at\n1,c1,2026-01-01\n",
        "in/b.csv": "at,id,customer,amount\n2026-01-02,2,c2,7\n",
        "in/_SUCCESS": "",
        "in/readme.md": "not data",
    }
    columns = ORDER | {"amount": "amount"}
    ledger = load(tmp_path, warehouse, files, orders(path=path, columns=columns, format=None))[0]
    assert rows(warehouse, "orders", "order_id, customer_id, amount") == [("1", "c1", None), ("2", "c2", 7.0)]
    assert ledger.notes == ("'b.csv' is with the new column(s) amount",)


def test_a_delivery_that_came_twice_is_counted_once(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "id,customer,at\n1,c1,2026-01-01\n2,c1,2026-01-02\n"
    files = {"in/monday.csv": content, "in/tuesday.csv": content + "3,c1,2026-01-03\n"}
    account = load(tmp_path, warehouse, files, orders(path="in/*.csv", distinct=True))[0]
    assert (account.read, account.duplicates, account.written) == (5, 2, 3)


def test_columns_of_the_same_name(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "order_id,customer_id,ordered_at,amount,comment\n1,c1,2026-01-01,5,x\n"
    ledger = load(tmp_path, warehouse, {"orders.csv": content}, orders(columns="same"))[0]
    assert rows(warehouse, "orders", "order_id, amount") == [("1", 5.0)]
    assert ledger.columns == ("order_id", "customer_id", "ordered_at", "amount")


def test_columns_of_the_same_name_lack_a_required_one(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ConfigError, match="no column 'ordered_at'"):
        load(tmp_path, warehouse, {"orders.csv": "order_id,customer_id\n1,c1\n"}, orders(columns="same"))


def test_unreadable_values_can_be_left_empty(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "id,customer,at,amount\n1,c1,2026-01-01,about ten\n2,c1,soon,5\n3,c1,2026-01-03,5\n"
    how = {"columns": ORDER | {"amount": "amount"}, "unreadable": "empty", "reject_limit": 0.5}
    account = load(tmp_path, warehouse, {"orders.csv": content}, orders(**how))[0]
    assert rows(warehouse, "orders", "order_id, amount") == [("1", None), ("3", 5.0)]
    assert (account.rejected, account.emptied) == (1, 1)
    assert rows(warehouse, "rejected", 'row_number, "column"') == [(1, "amount"), (2, "ordered_at")]


def test_the_filter_sees_local_time(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "id,customer,at\n1,c1,2026-01-01 07:00\n2,c1,2026-01-01T01:00Z\n"
    how = {"types": {"at": "time"}, "timezone": "Asia/Shanghai", "where": "\"at\" >= TIMESTAMP '2026-01-01 08:00'"}
    load(tmp_path, warehouse, {"orders.csv": content}, orders(**how))
    assert rows(warehouse, "orders", "order_id, ordered_at") == [("2", datetime(2026, 1, 1, 1))]


def test_too_many_unreadable_rows_stop_the_load_with_examples(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    content = "id,customer,at\n" + "".join(f"{i},c1,{'2026-01-01' if i % 2 else f'0{i}.01.2026'}\n" for i in range(9))
    with pytest.raises(DataError) as caught:
        load(tmp_path, warehouse, {"orders.csv": content}, orders())
    message = str(caught.value)
    assert "5 of 9 rows of orders.csv for orders cannot be read (55.6%)" in message
    assert message.count("row ") == 3
    assert "row 1 ordered_at '00.01.2026' is not a time in the format ISO 8601" in message


def test_nothing_left_after_the_filter(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(DataError, match="of 1 read, 1 were dropped by where"):
        load(tmp_path, warehouse, {"orders.csv": "id,customer,at\n1,c1,2026-01-01\n"}, orders(where="id = '2'"))


def test_a_failed_load_leaves_the_earlier_one(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(tmp_path, warehouse, {"orders.csv": "id,customer,at\n1,c1,2026-01-01\n"}, orders())
    ticket = {"path": "gone.csv", "columns": {"ticket_id": "id", "customer_id": "customer", "opened_at": "at"}}
    (tmp_path / "gone.csv").write_text("id,customer,at\n1,c1,not a time\n")
    with pytest.raises(DataError):
        load(tmp_path, warehouse, {"orders.csv": "id,customer,at\n9,c9,2026-01-01\n"}, orders() | {"tickets": ticket})
    assert rows(warehouse, "orders", "order_id") == [("1",)]
    attached = warehouse.execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchone()
    assert attached == (1,)


def test_a_table_that_left_the_mapping_leaves_the_warehouse(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    ticket = {"path": "orders.csv", "columns": {"ticket_id": "id", "customer_id": "customer", "opened_at": "at"}}
    content = {"orders.csv": "id,customer,at\n1,c1,2026-01-01\n"}
    load(tmp_path, warehouse, content, orders() | {"tickets": ticket})
    load(tmp_path, warehouse, content, orders())
    found = warehouse.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
    assert found == [("customers",), ("orders",), ("rejected",)]


def test_a_warehouse_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(path)).close()
    with duckdb.connect(str(path), read_only=True) as locked, pytest.raises(DataError, match="cannot be written"):
        load(tmp_path, locked, {"orders.csv": "id,customer,at\n1,c1,2026-01-01\n"}, orders())


def test_settings_of_the_connection_are_put_back(tmp_path: Path) -> None:
    warehouse = duckdb.connect()
    given = {"TimeZone": "Asia/Tokyo", "preserve_insertion_order": False, "disabled_optimizers": "join_order"}
    for name, value in given.items():
        warehouse.execute(f"SET {name} = '{value}'")
    load(tmp_path, warehouse, {"orders.csv": "id,customer,at\n1,c1,2026-01-01\n"}, orders())
    names = ", ".join(f"current_setting('{name}')" for name in given)
    assert warehouse.execute(f"SELECT {names}").fetchone() == tuple(given.values())


def test_progress_names_each_source_and_its_share(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    (tmp_path / "orders.csv").write_text("id,customer,at\n1,c1,2026-01-01\n")
    told: list[tuple[str, float | None]] = []
    mapping = Mapping.model_validate({"tables": orders()})
    ingest(mapping, tmp_path, warehouse, "loaded", progress=lambda text, share=None: told.append((text, share)))
    assert told == [("orders: orders.csv", 0.0), ("writing the tables", 1.0)]


@settings(max_examples=15)
@given(data=st.data())
def test_every_row_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, database: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    """Against a count by hand in Python over rows of every fate."""
    fates = st.sampled_from(["good", "dropped", "bad time", "short line"])
    drawn = data.draw(st.lists(st.tuples(fates, st.integers(1, 4)), min_size=1, max_size=30))
    lines = {
        "good": "{n},c{n},2026-01-0{n}",
        "dropped": "0,c{n},2026-01-0{n}",
        "bad time": "{n},c{n},0{n}.01.2026",
        "short line": "{n}",
    }
    content = "id,customer,at\n" + "".join(lines[fate].format(n=n) + "\n" for fate, n in drawn)
    folder = tmp_path_factory.mktemp("load")
    counts = Counter(fate for fate, _ in drawn)
    whole = [each for each in drawn if each[0] != "short line"]
    good = {each for each in whole if each[0] == "good"}
    tables = orders(where="id <> '0'", distinct=True, reject_limit=1.0)
    if not good:
        with pytest.raises(DataError):
            load(folder, database, {"orders.csv": content}, tables)
        return
    account = load(folder, database, {"orders.csv": content}, tables)[0]
    assert account.balances
    assert account.read == len(drawn)
    assert account.written == len(good)
    assert account.duplicates == len(whole) - len(set(whole))
    assert account.dropped == len({each for each in whole if each[0] == "dropped"})
    assert account.rejected == counts["short line"] + len({each for each in whole if each[0] == "bad time"})


def test_every_table_can_be_loaded(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    samples = {"string": "x1", "int64": "3", "float64": "1.5", "boolean": "Y", "timestamp": "2026-01-01"}
    tables, files = {}, {}
    for table in TABLES.values():
        names = [column.name for column in table.all_columns]
        cells = [samples[table[name].type] for name in names]
        files[f"{table.name}.csv"] = f"{','.join(names)}\n{','.join(cells)}\n"
        tables[table.name] = {"path": f"{table.name}.csv", "columns": "same"}
    ledgers = load(tmp_path, warehouse, files, tables)
    assert {ledger.table: ledger.written for ledger in ledgers} == dict.fromkeys(TABLES, 1)
    for table in TABLES.values():
        (stored,) = warehouse.table(f"loaded.{table.name}").fetchall()
        assert all(value is not None for value in stored)
