"""What is brought: finished runs of the warehouse, read in batches of bounded memory that begin with a new customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines.destinations.contract import INSTANT, Table, tables
from pipelines.destinations.destination import Part
from pipelines.errors import ConfigError, NotReady
from pipelines.warehouse.scores import SCHEMA
from pipelines.warehouse.sql import identifier, literal, statement, text_literal

if TYPE_CHECKING:
    import pyarrow as pa

MEMORY = "600MB"
"""What DuckDB may hold while it sorts; the rest goes to disk."""
_TEXT, _NUMBER = "VARCHAR", "DOUBLE"
_NO_NUL = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Instant:
    """What one version of the model said at one instant: what is brought as one.

    Parameters
    ----------
    as_of, model_version
        Which.
    runs
        Ids of the runs that made it, the last to finish at the end.
    """

    as_of: datetime
    model_version: str
    runs: tuple[str, ...]


class Source:
    """The tables of scores of a warehouse.

    Parameters
    ----------
    connection
        DuckDB connection to it; it may be open for reading only. Which columns there are is looked up once.
    batch_rows
        About how many rows a part holds.
    """

    def __init__(self, connection: Any, batch_rows: int) -> None:
        self._connection, self._batch_rows = connection, batch_rows
        connection.execute(statement("SET memory_limit =", text_literal(MEMORY)))

    def instants(self, run: str | None = None) -> list[Instant]:
        """Give what can be brought, the oldest first: every instant with a finished run, or that of one run.

        Raises
        ------
        ConfigError
            If there is no such run, or none that is finished at its instant.
        NotReady
            If nothing was scored yet.
        """
        found = self._finished()
        if not found:
            raise NotReady("There is no finished scoring run yet", do="score first: churnlab score")
        chosen = [instant for instant in found if run in (None, *instant.runs)]
        if not chosen:
            known = ", ".join(instant.runs[-1] for instant in found[-5:])
            raise ConfigError(f"There is no finished run {run}", allowed=f"a run_id, such as {known}")
        return chosen

    def parts(self, instant: Instant) -> Iterator[Part]:
        """Give all rows of an instant, table by table; the runs come last."""
        for table in tables():
            for scope in _scopes(table, instant):
                yield from self._parts(table, scope)

    def left_out(self, instant: Instant) -> int:
        """Count the rows that are not given because their key, with a NUL or too long, fits into no database."""
        return sum(self._unfit(table, scope) for table in tables() for scope in _scopes(table, instant))

    def _finished(self) -> list[Instant]:
        if "score_runs" not in self._columns:
            return []
        rows = self._connection.execute(
            statement(
                "SELECT as_of, model_version, list(run_id ORDER BY finished_at, run_id) FROM",
                identifier(SCHEMA, "score_runs"),
                "GROUP BY ALL HAVING bool_or(status = 'finished')",
                "ORDER BY as_of, max(finished_at) FILTER (status = 'finished'), model_version",
            )
        ).fetchall()
        return [Instant(as_of, version, tuple(runs)) for as_of, version, runs in rows]

    @cached_property
    def _columns(self) -> dict[str, set[str]]:
        """Names of the columns that there are, by table; an older warehouse may lack some, or a table."""
        found = self._connection.execute(
            statement(
                "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE database_name = current_database()",
                f"AND schema_name = {text_literal(SCHEMA)} GROUP BY ALL",
            )
        )
        return {table: set(names) for table, names in found.fetchall()}

    def _parts(self, table: Table, scope: Mapping[str, Any]) -> Iterator[Part]:
        after: str | None = None
        previous: pa.Table | None = None
        for rows in whole_keys(self._batches(table, scope), table.ordered_by[0]):
            if previous is not None:
                upto = previous[table.ordered_by[0]][-1].as_py()
                yield Part(table, scope, after, upto, previous)
                after = upto
            previous = rows
        yield Part(table, scope, after, None, _empty(table) if previous is None else previous)

    def _batches(self, table: Table, scope: Mapping[str, Any]) -> Iterator[pa.Table]:
        import pyarrow as pa

        there = self._columns.get(table.name)
        if there is None:
            return
        chosen = ", ".join(_value(table, name, name in there) for name in table.columns)
        order = ", ".join(identifier(name) for name in table.ordered_by)
        query = statement("SELECT", chosen, _from(table), "WHERE", _in(scope), "AND", _fits(table), "ORDER BY", order)
        # A cursor of its own: a connection has one open result.
        with self._connection.cursor() as cursor:
            for batch in cursor.execute(query).to_arrow_reader(self._batch_rows):
                yield pa.Table.from_batches([batch])

    def _unfit(self, table: Table, scope: Mapping[str, Any]) -> int:
        if table.name not in self._columns:
            return 0
        query = statement("SELECT count(*)", _from(table), "WHERE", _in(scope), "AND NOT", _fits(table))
        return int(self._connection.execute(query).fetchone()[0])


def whole_keys(batches: Iterable[pa.Table], column: str) -> Iterator[pa.Table]:
    """Cut ordered rows anew so that no two pieces hold the same value of a column.

    Parameters
    ----------
    batches
        Tables of rows ordered by `column`.
    column
        Which.

    Yields
    ------
    pyarrow.Table
        Each with at least one row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    held: pa.Table | None = None
    for batch in batches:
        if not len(batch):
            continue
        rows = batch if held is None else pa.concat_tables([held, batch])
        cut = pc.index(rows[column], rows[column][-1]).as_py()
        if cut:
            yield rows.slice(0, cut)
        held = rows.slice(cut).combine_chunks()
    if held is not None:
        yield held


def _scopes(table: Table, instant: Instant) -> list[dict[str, Any]]:
    if table.scope == INSTANT:
        return [{"as_of": instant.as_of, "model_version": instant.model_version}]
    return [{"run_id": run} for run in instant.runs]


def _from(table: Table) -> str:
    return f"FROM {identifier(SCHEMA, table.name)}"


def _in(scope: Mapping[str, Any]) -> str:
    # As text: to bind a parameter DuckDB imports pandas, which takes longer than many a delivery.
    return " AND ".join(f"{identifier(name)} = {literal(value)}" for name, value in scope.items())


def _fits(table: Table) -> str:
    """Condition that every text of the key can be a key in every kind of destination."""
    texts = [name for name in table.key if table.columns[name] == _TEXT]
    each = [
        f"length({identifier(name)}) <= {table.most_characters(name)} AND NOT contains({identifier(name)}, chr(0))"
        for name in texts
    ]
    return f"({' AND '.join(each)})"


def _value(table: Table, name: str, is_there: bool) -> str:
    """A column as every kind of destination can hold it: no NUL, no endless text, no number that is none."""
    kind, column = table.columns[name], identifier(name)
    value = column if is_there else "NULL"
    if is_there and kind == _TEXT and name not in table.key:
        value = f"left(replace({column}, chr(0), {text_literal(_NO_NUL)}), {table.most_characters(name)})"
    if is_there and kind == _NUMBER:
        value = f"CASE WHEN isfinite({column}) THEN {column} END"
    return f"CAST({value} AS {kind}) AS {column}"


def _empty(table: Table) -> pa.Table:
    import pyarrow as pa

    kinds = {
        "VARCHAR": pa.string(),
        "TIMESTAMP": pa.timestamp("us"),
        "INTEGER": pa.int32(),
        "BIGINT": pa.int64(),
        "DOUBLE": pa.float64(),
        "BOOLEAN": pa.bool_(),
        "DATE": pa.date32(),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in table.columns.items()])
    # Unlike Schema.empty_table, this imports no pandas.
    return pa.Table.from_batches([], schema)
