"""What all databases do alike: migrations, comparing, and writing a part in one transaction."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from pipelines.destinations.contract import MIGRATIONS, RUNS, Migration, Table, tables
from pipelines.destinations.destination import Change, Destination, Part, check_version
from pipelines.destinations.statements import MIGRATIONS_TABLE, Dialect, Statements

if TYPE_CHECKING:
    from pipelines.config_deliver import DestinationSettings


class Database(Destination):
    """A destination that speaks SQL; a kind says how to connect, to run a statement and to load rows."""

    dialect: ClassVar[Dialect]
    migrations: Sequence[Migration] = MIGRATIONS

    def __init__(self, settings: DestinationSettings) -> None:
        super().__init__(settings)
        self.sql = Statements(self.dialect, self.schema)
        self._withdrawn: set[tuple[Any, ...]] = set()

    @property
    def schema(self) -> str:
        """Schema of the tables, empty where there is no such thing."""
        return (self.settings.schema_ or "churnlab") if self.has_schema else ""

    @abstractmethod
    def run(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and give its rows, if it has any."""

    @abstractmethod
    def load(self, part: Part) -> None:
        """Make the rows of a part the incoming rows of its table, and no others."""

    @abstractmethod
    def columns_of(self, table: str) -> set[str]:
        """Give the columns of a table; none where it is not there."""

    @abstractmethod
    def errors(self) -> AbstractContextManager[None]:
        """Turn what the driver raises into `Lost` or an error for the user."""

    @abstractmethod
    def make_schema(self) -> None:
        """Create the schema where it is missing."""

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """Commit at the end if the work is to be kept, else and on any error undo it."""
        self.run("BEGIN")
        try:
            yield
        except BaseException:
            self.undo()
            raise
        self.run("COMMIT" if keep else "ROLLBACK")

    def undo(self) -> None:
        """Roll back what may be left of a transaction."""
        self.run("ROLLBACK")

    def prepare(self) -> None:
        """Apply the migrations that are missing, each in one transaction with its record."""
        with self.errors():
            version = self._version()
            check_version(self.settings, version, self.migrations)
            for migration in self.migrations:
                if migration.version > version:
                    with self.transaction():
                        self._migrate(migration)

    def compare(self, part: Part) -> Change:
        """Count in a transaction that is not kept."""
        with self.errors():
            there = self.columns_of(part.table.name)
            if not there:
                return Change(new=len(part.rows))
            with self.transaction(keep=False):
                return self._counted(part, there)

    def write(self, part: Part) -> Change:
        """Write what is new or differs, and delete what the part does not have."""
        scope = tuple(part.scope.values())
        with self.errors(), self.transaction():
            change = self._counted(part, part.table.columns)
            if change.touched and part.table.name != RUNS and scope not in self._withdrawn:
                self.run(self.sql.withdraw(part.scope), scope)
            if change.new or change.changed:
                self.merge(part)
            if change.removed:
                self.run(self.sql.remove(part), self.sql.bounds(part))
        if change.touched:
            self._withdrawn.add(scope)
        return change

    def merge(self, part: Part) -> None:
        """Insert the rows that are new, and change those that differ."""
        self.run(self.sql.write(part), self.sql.bounds(part))

    def _counted(self, part: Part, there: Collection[str]) -> Change:
        self.load(part)
        held = self.run(self.sql.held(part), self.sql.bounds(part))[0][0]
        if not held:
            return Change(new=len(part.rows))
        matched, changed = self.run(self.sql.compared(part, there), self.sql.bounds(part))[0]
        return Change(len(part.rows) - matched, changed, held - matched, matched - changed)

    def _version(self) -> int:
        """Give the newest version of the schema there, 0 where there is none."""
        if not self.columns_of(MIGRATIONS_TABLE):
            return 0
        return self.run(self.sql.newest_migration())[0][0] or 0

    def _migrate(self, migration: Migration) -> None:
        """Bring all tables to a version; after a part of it, which not all databases can undo, do the rest."""
        known = self.migrations[: migration.version]
        self.make_schema()
        if not self.columns_of(MIGRATIONS_TABLE):
            self.run(self.sql.create_migrations())
        for table in tables(known):
            there = self.columns_of(table.name)
            missing = [name for name in table.columns if name not in there]
            for query in self._growth(table, missing, is_new=not there):
                self.run(query)
        self.run(self.sql.create_view(known))
        self.run(self.sql.insert_migration(), (migration.version, migration.name))

    def _growth(self, table: Table, missing: list[str], *, is_new: bool) -> list[str]:
        if not missing:
            return []
        grown = [self.sql.create(table)] if is_new else [self.sql.add_column(table, name) for name in missing]
        return [*grown, *self.sql.comments(table, missing)]
