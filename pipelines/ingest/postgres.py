"""Tables and queries of PostgreSQL into the staging file, by COPY in a read-only transaction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.addresses import hidden, resolved
from pipelines.errors import ConfigError, ConnectionFailed, DataError, Refused
from pipelines.ingest.headers import column_names
from pipelines.ingest.mapping import Reading
from pipelines.ingest.nearest import chosen_table
from pipelines.ingest.sql import first_line
from pipelines.ingest.staging import Staged, Staging
from pipelines.servers import first_words, postgres_passes

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

_SECONDS_TO_CONNECT = 10
_TYPES = {
    16: "BOOLEAN", 20: "BIGINT", 21: "BIGINT", 23: "BIGINT", 700: "DOUBLE", 701: "DOUBLE", 1082: "DATE",
    1114: "TIMESTAMP", 1184: "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip
_NUMERIC = 1700


def stage_postgres(source: Reading, staging: Staging) -> Staged:
    """Unpack a table or the result of a query.

    Raises
    ------
    ConnectionFailed
        If the database does not answer.
    Refused
        If it will not, however long one waits.
    ConfigError
        If the address, table or query is wrong.
    """
    import psycopg

    address = resolved(source.url or "", "a source")
    path = staging.new_file(".csv")
    with _connected(source.url or "", address) as connection:
        try:
            columns = _copy(connection, _select(connection, source, _place(address)), path)
        except psycopg.OperationalError as error:
            raise ConnectionFailed(
                f"The connection to {_place(address)} broke: {first_words(error)}", do="try again"
            ) from None
        except psycopg.Error as error:
            said = f"The query on {_place(address)} failed: {first_words(error)}"
            raise ConfigError(said, allowed="one SELECT") from None
    table = staging.new_name()
    try:
        staging.connection.read_csv(
            str(path), columns=columns, auto_detect=False, header=False, delimiter=",", quotechar='"', escapechar='"'
        ).create(table)
    except duckdb.Error as error:
        raise DataError(
            f"What {_place(address)} sent cannot be read: {first_line(error)}", do="cast it in a query"
        ) from None
    path.unlink()
    return staging.staged(table)


def _connected(url: str, address: str) -> psycopg.Connection[Any]:
    import psycopg

    place = hidden(_place(address), url)
    try:
        connection = psycopg.connect(address, connect_timeout=_SECONDS_TO_CONNECT)
    except (psycopg.OperationalError, UnicodeError) as error:
        passes = isinstance(error, psycopg.Error) and postgres_passes(error)
        raise (ConnectionFailed if passes else Refused)(
            f"PostgreSQL at {place} cannot be reached: {hidden(first_words(error), url)}",
            do="check host, port, database, user and password in the url",
        ) from None
    connection.read_only = True
    return connection


def _place(address: str) -> str:
    """Host, port and database of an address; never its user or password."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise ConfigError(
            "The url of a source is not a PostgreSQL address",
            allowed="postgresql://user:${PASSWORD}@host:5432/database",
        ) from None
    return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


def _select(connection: psycopg.Connection[Any], source: Reading, place: str) -> sql.Composable:
    from psycopg import sql

    if source.query:
        return sql.SQL(source.query.strip().rstrip(";"))
    listed = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    places = {(name if schema == "public" else f"{schema}.{name}"): (schema, name) for schema, name in listed}
    wanted = source.table.removeprefix("public.") if source.table else None
    return sql.SQL("SELECT * FROM {}").format(sql.Identifier(*places[chosen_table(wanted, list(places), place)]))


def _copy(connection: psycopg.Connection[Any], query: sql.Composable, path: Path) -> dict[str, str]:
    """Write a query's rows as CSV and give the DuckDB types of its columns."""
    from psycopg import sql

    connection.execute("SET LOCAL TIME ZONE 'UTC'")
    connection.execute("SET LOCAL datestyle TO ISO")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM ({}) AS source LIMIT 0").format(query))
        described = cursor.description or []
        types = {
            name: _type(column)
            for name, column in zip(column_names([each.name for each in described], path), described, strict=True)
        }
        with cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)) as rows, path.open("wb") as target:
            for block in rows:
                target.write(block)
    return types


def _type(column: Any) -> str:
    if column.type_code != _NUMERIC:
        return _TYPES.get(column.type_code, "VARCHAR")
    return "DECIMAL(38,0)" if column.scale == 0 and (column.precision or 99) <= 38 else "DOUBLE"
