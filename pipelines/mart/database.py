"""The mart in PostgreSQL: a refresh is one transaction that writes only what differs.

Readers see the mart before or the mart after, never half of one, and wait for neither. Rows that stay the same keep
their `updated_at`, so that a tool which extracts what is new gets no more than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.destinations.destination import Change
from pipelines.destinations.kinds.postgres import Postgres
from pipelines.mart.columns import MartTable
from pipelines.mart.tables import OF_CUSTOMERS, SCHEMA, TABLES
from pipelines.warehouse.sql import identifier, statement, text_literal

UPDATED = "updated_at"
BATCH = 10_000
_ALIKE = "mart_new.said = mart_held.said AND mart_new.times = mart_held.times"
_IS_GONE = statement("NOT EXISTS (SELECT 1 FROM mart_new WHERE", _ALIKE, ")")
_IS_NEW = statement("NOT EXISTS (SELECT 1 FROM mart_held WHERE", _ALIKE, ")")
_NO_NUL = text_literal("\N{REPLACEMENT CHARACTER}")


class MartDatabase(Postgres):
    """The tables of the mart in a schema of PostgreSQL."""

    def prepare(self) -> None:
        """Create what is missing: the schema, tables, columns, an index by customer, comments."""
        with self.errors(), self.transaction():
            self.make_schema()
            for table in TABLES:
                self._define(table)
            self._comment()

    def refresh(self, mart: Any) -> dict[str, Change]:
        """Make the database hold what a mart holds.

        Parameters
        ----------
        mart
            DuckDB connection to the file.

        Returns
        -------
        dict
            Table to its rows by what became of them; a row that differs counts as one removed and one new.
        """
        with self.errors(), self.transaction():
            return {table.name: self._refreshed(mart, table) for table in TABLES}

    def _define(self, table: MartTable) -> None:
        place, there = self.sql.placed(table.name), self.columns_of(table.name)
        defined = {
            column.name: f"{self.sql.name(column.name)} {self.dialect.types[column.type]}" for column in table.columns
        }
        if not there:
            self.run(statement("CREATE TABLE", place, f"({', '.join(defined.values())})"))
            if table.name in OF_CUSTOMERS:
                # By hash, which takes ids of any length: one of kilobytes would keep a tree, and the mart with it.
                self.run(statement("CREATE INDEX ON", place, f"USING hash ({self.sql.name('customer_id')})"))
        else:
            for name in defined.keys() - there:
                self.run(statement("ALTER TABLE", place, "ADD COLUMN", defined[name]))

    def _comment(self) -> None:
        """Say what tables and columns mean, where it is not said yet."""
        said = {
            (table, column or ""): comment
            for table, column, comment in self.run(
                "SELECT relname, attname, description FROM pg_description "
                "JOIN pg_class ON pg_class.oid = objoid AND classoid = 'pg_class'::regclass "
                "JOIN pg_namespace ON pg_namespace.oid = relnamespace "
                "LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid AND objsubid > 0 WHERE nspname = %s",
                (self.schema,),
            )
        }
        for table in TABLES:
            told = {"": table.comment, **{column.name: column.comment for column in table.columns}}
            for column, comment in told.items():
                if said.get((table.name, column)) != comment:
                    self.run(self._comment_on(table.name, column, comment))

    def _comment_on(self, table: str, column: str, comment: str) -> str:
        kind = "COLUMN" if column else "TABLE"
        return statement("COMMENT ON", kind, self.sql.name(self.schema, table, column), "IS", text_literal(comment))

    def _refreshed(self, mart: Any, table: MartTable) -> Change:
        columns = {column.name: column.type for column in table.columns if column.name != UPDATED}
        place, listed = self.sql.placed(table.name), ", ".join(map(self.sql.name, columns))
        typed = ", ".join(f"{self.sql.name(name)} {self.dialect.types[kind]}" for name, kind in columns.items())
        self.run(statement("CREATE TEMP TABLE mart_incoming (", typed, ") ON COMMIT DROP"))
        self.copy_in("pg_temp.mart_incoming", list(columns.values()), _rows(mart, table.name, columns))
        self._number("mart_new", "pg_temp.mart_incoming", listed)
        self._number("mart_held", place, listed)
        held = self.run("SELECT count(*) FROM mart_held")[0][0]
        removed = self.run(statement("SELECT count(*) FROM mart_held WHERE", _IS_GONE))[0][0]
        self.run(statement("DELETE FROM", place, "AS there USING mart_held WHERE there.ctid = place AND", _IS_GONE))
        new = self._add(table, place, listed)
        self.run("DROP TABLE mart_incoming, mart_new, mart_held")
        return Change(new=new, removed=removed, same=held - removed)

    def _number(self, into: str, source: str, listed: str) -> None:
        """Write down where each row lies, the digest of all that it says, and the how manieth of its like it is."""
        self.run(
            statement(
                "CREATE TEMP TABLE", into, "ON COMMIT DROP AS",
                "SELECT place, said, row_number() OVER (PARTITION BY said ORDER BY place) AS times",
                "FROM (SELECT ctid AS place, md5(ROW(", listed, ")::text) AS said FROM", source, ") AS each_row",
            )
        )  # fmt: skip
        self.run(statement("ANALYZE", into))

    def _add(self, table: MartTable, place: str, listed: str) -> int:
        """Insert the rows that are not there yet, and give their number."""
        is_stamped = any(column.name == UPDATED for column in table.columns)
        into = f"({listed}, {self.sql.name(UPDATED)})" if is_stamped else f"({listed})"
        values = f"{listed}, {self.dialect.now}" if is_stamped else listed
        chosen = statement("WHERE ctid IN (SELECT place FROM mart_new WHERE", _IS_NEW, ")")
        self.run(statement("INSERT INTO", place, into, "SELECT", values, "FROM mart_incoming", chosen))
        return int(self.run(statement("SELECT count(*) FROM mart_new WHERE", _IS_NEW))[0][0])


def _rows(mart: Any, table: str, columns: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a table without what no database takes: a NUL in a text, a number that is none."""
    clean = {"VARCHAR": f"replace({{0}}, chr(0), {_NO_NUL})", "DOUBLE": "CASE WHEN isfinite({0}) THEN {0} END"}
    chosen = ", ".join(clean.get(kind, "{0}").format(identifier(name)) for name, kind in columns.items())
    found = mart.execute(statement("SELECT", chosen, "FROM", identifier(SCHEMA, table)))
    while rows := found.fetchmany(BATCH):
        yield from rows
