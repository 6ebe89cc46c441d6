"""MySQL and MariaDB: rows come many in a statement, all of Unicode fits, times keep microseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from pipelines.addresses import hidden, resolved
from pipelines.destinations.database import Database
from pipelines.destinations.destination import Lost, Part
from pipelines.destinations.statements import CURRENT_VIEW, Dialect, Statements
from pipelines.errors import ConfigError, Refused
from pipelines.servers import first_words, mysql_passes
from pipelines.warehouse.sql import statement

if TYPE_CHECKING:
    from pymysql.connections import Connection

    from pipelines.config_deliver import DestinationSettings

_SECONDS_TO_CONNECT = 10
_SECONDS_TO_ANSWER = 600


def _on_duplicate(key: str, names: Iterable[str]) -> str:
    return f"ON DUPLICATE KEY UPDATE {', '.join(f'{name} = new.{name}' for name in names)}"


class MySQL(Database):
    """Tables of scores in a database of MySQL or MariaDB, which calls a schema so."""

    place = "url"
    has_schema = True
    dialect = Dialect(
        types={
            "VARCHAR": "TEXT", "TIMESTAMP": "DATETIME(6)", "INTEGER": "INT", "BIGINT": "BIGINT", "DOUBLE": "DOUBLE",
            "BOOLEAN": "BOOLEAN", "DATE": "DATE",
        },
        key_text="VARCHAR({most})",
        same="<=>",
        now="UTC_TIMESTAMP(6)",
        quote="`",
        mark="%s",
        on_conflict=_on_duplicate,
        comments="within",
        table_end="ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    )  # fmt: skip
    _connection: Connection[Any] | None = None

    def open(self, *, read_only: bool) -> None:
        """Connect, learn how the server tells texts apart byte by byte, and take the lock."""
        pymysql = _driver()
        with self.errors():
            self._connection = pymysql.connect(
                **self._where_and_who(),
                charset="utf8mb4",
                autocommit=True,
                connect_timeout=_SECONDS_TO_CONNECT,
                read_timeout=_SECONDS_TO_ANSWER,
                write_timeout=_SECONDS_TO_ANSWER,
                init_command="SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
            )
            self._withdrawn.clear()
            end = f"{self.dialect.table_end} COLLATE={self._collation()}"
            self.sql = Statements(replace(self.dialect, table_end=end), self.schema)
            if self._is_there():
                self.run(statement("USE", self.sql.name(self.schema)))
            if not read_only:
                self._lock()

    def close(self) -> None:
        """Close the connection, and with it the lock."""
        if self._connection is not None and self._connection.open:
            with suppress(_driver().Error):
                self._connection.close()

    def run(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement."""
        assert self._connection is not None
        with self._connection.cursor() as cursor:
            cursor.execute(query, tuple(values) or None)
            return list(cursor.fetchall())

    def undo(self) -> None:
        """Roll back; where the connection is gone, the server has."""
        with suppress(_driver().Error):
            self.run("ROLLBACK")

    def load(self, part: Part) -> None:
        """Insert the rows into a temporary table, many in each statement."""
        assert self._connection is not None
        table, into = part.table, self.sql.incoming(part.table)
        columns = f"({self.sql.columns(table)}, {self.sql.key(table)})"
        self.run(statement("CREATE TEMPORARY TABLE IF NOT EXISTS", into, columns, self.sql.table_end))
        # TRUNCATE would commit.
        self.run(statement("DELETE FROM", into))
        marks = ", ".join("%s" for _ in table.columns)
        rows = list(zip(*(column.to_pylist() for column in part.rows.columns), strict=True))
        with self._connection.cursor() as cursor:
            cursor.executemany(statement("INSERT INTO", into, f"VALUES ({marks})"), rows)

    def columns_of(self, table: str) -> set[str]:
        """Ask the catalogue."""
        found = self.run(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
            (self.schema, table),
        )
        return {name for (name,) in found}

    def make_schema(self) -> None:
        """Create the database; a role without the right to do so may find it made."""
        if not self._is_there():
            self.run(statement("CREATE DATABASE", self.sql.name(self.schema), "CHARACTER SET utf8mb4"))
            self.run(statement("USE", self.sql.name(self.schema)))

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Tell what passes from what stays."""
        driver = _driver()
        try:
            yield
        except (driver.Error, UnicodeError) as error:
            place, said = (hidden(text, self.settings.url or "") for text in (self._place(), first_words(error)))
            if isinstance(error, driver.Error) and mysql_passes(error):
                raise Lost(f"MySQL at {place}: {said}") from None
            raise Refused(
                f"MySQL at {place} refuses: {said}",
                do=f"check the url of destination {self.settings.name} and the rights of its role "
                "(churnlab deliver --grants)",
            ) from None

    @classmethod
    def grants(cls, settings: DestinationSettings) -> str:
        """Give SQL for a user who can do nothing outside the database of the scores, and for one who reads."""
        schema, sql = settings.schema_ or "churnlab", Statements(cls.dialect)
        # In GRANT, _ and % of a database's name stand for any character.
        place = sql.name(schema.replace("_", "\\_"))
        rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, CREATE VIEW, CREATE TEMPORARY TABLES"
        return "\n".join(
            (
                f"CREATE DATABASE {sql.name(schema)} CHARACTER SET utf8mb4;",
                f"CREATE USER {sql.name(f'{schema}_writer')}@'%' IDENTIFIED BY 'choose one';",
                f"GRANT {rights} ON {place}.* TO {sql.name(f'{schema}_writer')}@'%';",
                "-- Who reads.",
                f"CREATE USER {sql.name(f'{schema}_reader')}@'%' IDENTIFIED BY 'choose another';",
                f"GRANT SELECT ON {place}.* TO {sql.name(f'{schema}_reader')}@'%';",
            )
        )

    def _address(self) -> str:
        return resolved(self.settings.url or "", f"destination {self.settings.name}")

    def _place(self) -> str:
        """Host, port and database; never the user or the password."""
        parts = urlsplit(self._address())
        return f"{parts.hostname}:{parts.port or 3306}/{self.schema}"

    def _where_and_who(self) -> dict[str, Any]:
        """Take the address apart.

        Raises
        ------
        ConfigError
            If it is none of MySQL or says more than is known.
        """
        with suppress(ValueError):  # A port that is no number.
            parts = urlsplit(self._address())
            options = parse_qs(parts.query)
            is_ours = parts.scheme in ("mysql", "mariadb") and parts.path in ("", "/")
            if is_ours and parts.hostname and not set(options) - {"ssl_ca"}:
                return {
                    "host": parts.hostname,
                    "port": parts.port or 3306,
                    "user": unquote(parts.username or ""),
                    "password": unquote(parts.password or ""),
                    **({"ssl_ca": options["ssl_ca"][0], "ssl_verify_identity": True} if options else {}),
                }
        raise ConfigError(
            f"The url of destination {self.settings.name} is no address of MySQL",
            allowed="mysql://user:${PASSWORD}@host:3306, with ?ssl_ca=FILE for a checked certificate; "
            "the database is the destination's schema",
        )

    def _collation(self) -> str:
        """Texts differ when their bytes do, blanks at the end included."""
        return "utf8mb4_nopad_bin" if "MariaDB" in self.run("SELECT version()")[0][0] else "utf8mb4_0900_bin"

    def _is_there(self) -> bool:
        found = self.run("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (self.schema,))
        return bool(found)

    def _lock(self) -> None:
        name = hashlib.blake2b(f"{CURRENT_VIEW} {self.schema}".encode(), digest_size=16).hexdigest()
        if self.run("SELECT GET_LOCK(%s, 0)", (name,))[0][0] != 1:
            raise Lost(f"another delivery is writing to MySQL at {self._place()}")


def _driver() -> Any:
    try:
        import pymysql
    except ImportError as error:
        raise ConfigError(
            "A destination is of kind mysql, and PyMySQL is not installed", do="pip install 'churnlab[mysql]'"
        ) from error
    return pymysql
