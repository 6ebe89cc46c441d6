"""PostgreSQL: rows come by binary COPY, and a lock of the server keeps two deliveries apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pipelines.addresses import hidden, resolved
from pipelines.destinations.database import Database
from pipelines.destinations.destination import Lost, Part
from pipelines.destinations.statements import CURRENT_VIEW, Dialect, Statements
from pipelines.errors import ConfigError, Refused
from pipelines.servers import first_words, postgres_passes
from pipelines.warehouse.sql import statement

if TYPE_CHECKING:
    import psycopg

    from pipelines.config_deliver import DestinationSettings

_SECONDS_TO_CONNECT = 10
_SILENCE_MS = 60_000
"""A server that acknowledges nothing for so long counts as lost."""
WIRE = {
    "VARCHAR": "text", "TIMESTAMP": "timestamp", "INTEGER": "int4", "BIGINT": "int8", "DOUBLE": "float8",
    "BOOLEAN": "bool", "DATE": "date", "SMALLINT": "int2",
}  # fmt: skip


class Postgres(Database):
    """Tables of scores in a schema of PostgreSQL."""

    place = "url"
    has_schema = True
    dialect = Dialect(
        types={
            "VARCHAR": "text", "TIMESTAMP": "timestamp", "INTEGER": "integer", "BIGINT": "bigint",
            "DOUBLE": "double precision", "BOOLEAN": "boolean", "DATE": "date", "SMALLINT": "smallint",
        },
        # Bytes order keys as the warehouse does, whatever language the server sorts in.
        key_text='text COLLATE "C"',
        same="IS NOT DISTINCT FROM",
        now="(now() AT TIME ZONE 'UTC')",
        mark="%s",
        incoming="pg_temp",
        comments="apart",
    )  # fmt: skip
    _connection: psycopg.Connection[Any] | None = None

    def open(self, *, read_only: bool) -> None:
        """Connect, check that every character fits, and take the lock."""
        import psycopg

        address = self._address()
        with self.errors():
            self._connection = psycopg.connect(
                address,
                autocommit=True,
                connect_timeout=_SECONDS_TO_CONNECT,
                application_name="churnlab",
                tcp_user_timeout=_SILENCE_MS,
                client_encoding="utf8",
            )
            self._withdrawn.clear()
            self._check_encoding()
            if not read_only:
                self._lock()

    def close(self) -> None:
        """Close the connection, and with it the lock."""
        if self._connection is not None:
            self._connection.close()

    def run(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement."""
        assert self._connection is not None
        cursor = self._connection.execute(query.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def undo(self) -> None:
        """Roll back; where the connection is gone, the server has."""
        import psycopg

        with suppress(psycopg.Error):
            self.run("ROLLBACK")

    def load(self, part: Part) -> None:
        """Copy the rows into a temporary table that empties itself at the end of the transaction."""
        table, into = part.table, self.sql.incoming(part.table)
        self.run(f"CREATE TEMP TABLE IF NOT EXISTS {into} ({self.sql.columns(table)}) ON COMMIT DELETE ROWS")
        rows = zip(*(column.to_pylist() for column in part.rows.columns), strict=True)
        self.copy_in(into, list(table.columns.values()), rows)

    def copy_in(self, into: str, kinds: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Copy rows into a table, given the warehouse's types of its columns."""
        assert self._connection is not None
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([WIRE[kind] for kind in kinds])
            for row in rows:
                copy.write_row(row)

    def columns_of(self, table: str) -> set[str]:
        """Ask the catalogue."""
        found = self.run(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
            (self.schema, table),
        )
        return {name for (name,) in found}

    def make_schema(self) -> None:
        """Create the schema; a role without the right to do so may find it made."""
        if not self.run("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", (self.schema,)):
            self.run(statement("CREATE SCHEMA", self.sql.name(self.schema)))

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Tell what passes from what stays; only the server's first line is said, which holds no row."""
        import psycopg

        try:
            yield
        except (psycopg.Error, UnicodeError) as error:
            place, said = (hidden(text, self.settings.url or "") for text in (self._where(), first_words(error)))
            if isinstance(error, psycopg.Error) and postgres_passes(error):
                raise Lost(f"PostgreSQL at {place}: {said}") from None
            raise Refused(
                f"PostgreSQL at {place} refuses: {said}",
                do=f"check the url of destination {self.settings.name} and the rights of its role "
                "(churnlab deliver --grants)",
            ) from None

    @classmethod
    def grants(cls, settings: DestinationSettings) -> str:
        """Give SQL for a role that owns the schema and can do nothing elsewhere, and for one that reads."""
        schema, sql = settings.schema_ or "churnlab", Statements(cls.dialect)
        writer, reader, place = sql.name(f"{schema}_writer"), sql.name(f"{schema}_reader"), sql.name(schema)
        return "\n".join(
            (
                f"CREATE ROLE {writer} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD 'choose one';",
                f"CREATE SCHEMA {place} AUTHORIZATION {writer};",
                "-- Before PostgreSQL 15 everybody may create tables in schema public:",
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
                "-- Who reads; everything that comes into the schema later is included.",
                f"CREATE ROLE {reader} NOLOGIN;",
                f"GRANT USAGE ON SCHEMA {place} TO {reader};",
                f"ALTER DEFAULT PRIVILEGES FOR ROLE {writer} IN SCHEMA {place} GRANT SELECT ON TABLES TO {reader};",
            )
        )

    def _address(self) -> str:
        address = resolved(self.settings.url or "", f"destination {self.settings.name}")
        if not address.startswith(("postgresql://", "postgres://")):
            raise ConfigError(
                f"The url of destination {self.settings.name} is no address of PostgreSQL",
                allowed="postgresql://user:${PASSWORD}@host:5432/database",
            )
        return address

    def _where(self) -> str:
        """Host, port and database; never the user or the password."""
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        with suppress(psycopg.ProgrammingError):
            parts = conninfo_to_dict(self._address())
            return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"
        return "an address that cannot be read"

    def _check_encoding(self) -> None:
        encoding = self.run("SHOW server_encoding")[0][0]
        if encoding != "UTF8":
            raise ConfigError(
                f"The database of destination {self.settings.name} has the encoding {encoding}", allowed="UTF8"
            )

    def _lock(self) -> None:
        digest = hashlib.blake2b(f"{CURRENT_VIEW} {self.schema}".encode(), digest_size=8).digest()
        key = int.from_bytes(digest, "big", signed=True)
        if not self.run("SELECT pg_try_advisory_lock(%s)", (key,))[0][0]:
            raise Lost(f"another delivery is writing to PostgreSQL at {self._where()}")
