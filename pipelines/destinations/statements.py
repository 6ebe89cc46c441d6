"""The SQL that all databases share: what differs is a `Dialect`; names are quoted, values are parameters only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.destinations.contract import MIGRATIONS, RUNS, Migration, Table, scores_and_runs
from pipelines.destinations.destination import Part
from pipelines.destinations.meanings import TABLES, meaning
from pipelines.warehouse.sql import statement, text_literal

MIGRATIONS_TABLE = "churn_schema_migrations"
CURRENT_VIEW = "churn_scores_current"
DELIVERING = "delivering"
"""Status of a finished run while its instant is being changed: readers of current scores do not see it."""


def on_conflict(key: str, names: Iterable[str]) -> str:
    """Change a row of the same key, in the words of PostgreSQL and SQLite."""
    return f"ON CONFLICT ({key}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}"


@dataclass(frozen=True)
class Dialect:
    """What a database says in its own way.

    Parameters
    ----------
    types
        The warehouse's type to the database's.
    key_text
        Type of a text in a primary key; ``{most}`` stands for its greatest number of characters.
    same
        Operator that is true for equal values and for two that are missing.
    now
        Expression for the present in UTC, of the type in which times are kept.
    new_view
        Beginning of the statement that makes a view or replaces it.
    quote
        The mark around names; inside a name it is doubled.
    mark
        What stands for a parameter.
    incoming
        Where the rows of a part are put before they are compared.
    on_conflict
        Clause that changes a row of the same key, from the quoted key and the quoted columns; ``None`` where rows of
        a key are told apart by statement alone.
    comments
        Where a table's and a column's meaning is said: nowhere, in statements apart, or within the definition.
    table_end
        What ends the definition of a table.
    """

    types: Mapping[str, str]
    key_text: str
    same: str
    now: str
    new_view: str = "CREATE OR REPLACE VIEW"
    quote: str = '"'
    mark: str = "?"
    incoming: str = ""
    on_conflict: Callable[[str, Iterable[str]], str] | None = on_conflict
    comments: Literal["none", "apart", "within"] = "none"
    table_end: str = ""


class Statements:
    """Statements for one database.

    Parameters
    ----------
    dialect
        How it speaks.
    schema
        Where its tables lie; empty where there is no such thing.
    """

    def __init__(self, dialect: Dialect, schema: str = "") -> None:
        self._dialect, self._schema = dialect, schema
        self.table_end = dialect.table_end

    def name(self, *parts: str) -> str:
        """Quote a name, qualified by those before it."""
        mark = self._dialect.quote
        return ".".join(mark + part.replace(mark, mark * 2) + mark for part in parts if part)

    def placed(self, table: str) -> str:
        """Name a table or view where it lies."""
        return self.name(self._schema, table)

    def incoming(self, table: Table) -> str:
        """Name the temporary table of incoming rows."""
        qualified = f"{self._dialect.incoming}." if self._dialect.incoming else ""
        return qualified + self.name(f"incoming_{table.name}")

    def columns(self, table: Table) -> str:
        """Define the columns of a table."""
        return ", ".join(self._defined(table, name) for name in table.columns)

    def type_of(self, table: Table, column: str) -> str:
        """Give the type of a column."""
        kind = table.columns[column]
        if column in table.key and kind == "VARCHAR":
            return self._dialect.key_text.format(most=table.most_characters(column))
        return self._dialect.types[kind]

    def create(self, table: Table) -> str:
        """Create a table with its key."""
        key = "" if self._dialect.on_conflict is None else f", {self.key(table)}"
        said = TABLES.get(table.name, "") if self._dialect.comments == "within" else ""
        end = statement(self.table_end, f"COMMENT {text_literal(said)}" if said else "")
        return statement("CREATE TABLE", self.placed(table.name), f"({self.columns(table)}{key})", end)

    def key(self, table: Table) -> str:
        """Declare the primary key of a table."""
        return f"PRIMARY KEY ({', '.join(self.name(name) for name in table.key)})"

    def add_column(self, table: Table, column: str) -> str:
        """Add a column, empty in the rows that there are."""
        return statement("ALTER TABLE", self.placed(table.name), "ADD COLUMN", self._defined(table, column))

    def comments(self, table: Table, columns: Iterable[str]) -> list[str]:
        """Give the statements that say what a table and its new columns mean."""
        if self._dialect.comments != "apart":
            return []
        place = self.placed(table.name)
        said = [(f"TABLE {place}", TABLES.get(table.name, ""))]
        said += [(f"COLUMN {place}.{self.name(name)}", meaning(table.name, name)) for name in columns]
        return [statement("COMMENT ON", what, "IS", text_literal(told)) for what, told in said]

    def create_migrations(self) -> str:
        """Create the record of the schema's versions."""
        number, text, time = (self._dialect.types[kind] for kind in ("INTEGER", "VARCHAR", "TIMESTAMP"))
        columns = (
            f"{self.name('version')} {number} PRIMARY KEY, {self.name('name')} {text}, {self.name('applied_at')} {time}"
        )
        return statement("CREATE TABLE", self.placed(MIGRATIONS_TABLE), f"({columns})", self.table_end)

    def insert_migration(self) -> str:
        """Record a version: parameters ``version`` and ``name``."""
        mark = self._dialect.mark
        values = f"VALUES ({mark}, {mark}, {self._dialect.now})"
        return statement("INSERT INTO", self.placed(MIGRATIONS_TABLE), values)

    def newest_migration(self) -> str:
        """Ask for the newest version."""
        return statement("SELECT max(version) FROM", self.placed(MIGRATIONS_TABLE))

    def create_view(self, migrations: Sequence[Migration] = MIGRATIONS) -> str:
        """Create the view of current scores: those of the newest finished run, as long as they are valid."""
        scores, runs = scores_and_runs(migrations)
        chosen = ", ".join(f"s.{self.name(name)}" for name in scores.columns)
        newest = statement(
            "SELECT as_of, model_version FROM", self.placed(runs.name), "WHERE status = 'finished'",
            "ORDER BY as_of DESC, finished_at DESC, run_id LIMIT 1",
        )  # fmt: skip
        return statement(
            self._dialect.new_view, self.placed(CURRENT_VIEW), "AS SELECT", chosen, "FROM", self.placed(scores.name),
            "AS s JOIN", f"({newest}) AS newest",
            "ON s.as_of = newest.as_of AND s.model_version = newest.model_version",
            f"WHERE s.valid_until > {self._dialect.now}",
        )  # fmt: skip

    def held(self, part: Part) -> str:
        """Count the rows in the range of a part: parameters of `bounds`."""
        return statement("SELECT count(*) FROM", self.placed(part.table.name), "WHERE", self._in_range(part, ""))

    def compared(self, part: Part, there: Iterable[str]) -> str:
        """Count incoming rows whose key is there, and those of them that differ: parameters of `bounds`."""
        first = self.name(part.table.key[0])
        differs = self._differs(part.table, set(there))
        return statement(
            f"SELECT count(old.{first}), count(CASE WHEN old.{first} IS NOT NULL AND {differs} THEN 1 END)",
            self._joined(part),
        )

    def write(self, part: Part) -> str:
        """Insert the rows that are new and change those that differ: parameters of `bounds`."""
        table = part.table
        assert self._dialect.on_conflict is not None
        names = ", ".join(self.name(name) for name in table.columns)
        chosen = ", ".join(f"new.{self.name(name)}" for name in table.columns)
        unlike = f"old.{self.name(table.key[0])} IS NULL OR {self._differs(table, set(table.columns))}"
        key = ", ".join(self.name(name) for name in table.key)
        return statement(
            "INSERT INTO", self.placed(table.name), f"({names}) SELECT {chosen}", self._joined(part), f"WHERE {unlike}",
            self._dialect.on_conflict(key, [self.name(name) for name in table.values]),
        )  # fmt: skip

    def merge(self, part: Part) -> str:
        """Do the same as `write` where there is no primary key: parameters of `bounds`."""
        table = part.table
        key = " AND ".join(f"old.{self.name(name)} = new.{self.name(name)}" for name in table.key)
        sets = ", ".join(f"{self.name(name)} = new.{self.name(name)}" for name in table.values)
        names = ", ".join(self.name(name) for name in table.columns)
        chosen = ", ".join(f"new.{self.name(name)}" for name in table.columns)
        return statement(
            "MERGE INTO", self.placed(table.name), "AS old USING", self.incoming(table), "AS new",
            f"ON {key} AND {self._in_range(part, 'old.')}",
            f"WHEN MATCHED AND {self._differs(table, set(table.columns))} THEN UPDATE SET {sets}",
            f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({chosen})",
        )  # fmt: skip

    def remove(self, part: Part) -> str:
        """Delete the rows in the range of a part that it does not have: parameters of `bounds`."""
        target = self.placed(part.table.name)
        key = " AND ".join(f"new.{self.name(name)} = {target}.{self.name(name)}" for name in part.table.key)
        stays = f"SELECT 1 FROM {self.incoming(part.table)} AS new WHERE {key}"
        return statement("DELETE FROM", target, "WHERE", self._in_range(part, ""), f"AND NOT EXISTS ({stays})")

    def withdraw(self, scope: Mapping[str, Any]) -> str:
        """Hide the finished runs of a scope from readers of current scores: parameters of the scope."""
        bounds = " AND ".join(f"{self.name(name)} = {self._dialect.mark}" for name in scope)
        sets = f"SET status = '{DELIVERING}'"
        return statement("UPDATE", self.placed(RUNS), sets, f"WHERE {bounds} AND status = 'finished'")

    @staticmethod
    def bounds(part: Part) -> list[Any]:
        """Give the parameters of a part's scope and range."""
        return [*part.scope.values(), *(end for end in (part.after, part.upto) if end is not None)]

    def _defined(self, table: Table, column: str) -> str:
        said = meaning(table.name, column) if self._dialect.comments == "within" else ""
        return statement(
            self.name(column), self.type_of(table, column), f"COMMENT {text_literal(said)}" if said else ""
        )

    def _in_range(self, part: Part, of: str) -> str:
        mark, first = self._dialect.mark, f"{of}{self.name(part.table.ordered_by[0])}"
        bounds = [f"{of}{self.name(name)} = {mark}" for name in part.scope]
        bounds += [f"{first} > {mark}"] * (part.after is not None) + [f"{first} <= {mark}"] * (part.upto is not None)
        return " AND ".join(bounds)

    def _joined(self, part: Part) -> str:
        """Incoming rows with those of the same key; the range keeps a database from reading older instants."""
        key = " AND ".join(f"old.{self.name(name)} = new.{self.name(name)}" for name in part.table.key)
        new, old = self.incoming(part.table), self.placed(part.table.name)
        return f"FROM {new} AS new LEFT JOIN {old} AS old ON {key} AND {self._in_range(part, 'old.')}"

    def _differs(self, table: Table, there: set[str]) -> str:
        """Condition that a value differs; a column that is not there yet holds nothing."""
        same = [
            f"new.{self.name(name)} {self._dialect.same} {'old.' + self.name(name) if name in there else 'NULL'}"
            for name in table.values
        ]
        return f"NOT ({' AND '.join(same) or '1 = 1'})"
