"""What every kind of destination can do: take the rows of a range of keys and hold no others there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pipelines.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines.config_deliver import DestinationSettings
    from pipelines.destinations.contract import Migration, Table


class Lost(Exception):
    """The destination does not answer now, or another delivery is writing to it; a later attempt may succeed."""


@dataclass(frozen=True)
class Part:
    """All rows of one table, for one instant or run, whose first ordering column lies in a range.

    Parameters
    ----------
    table
        Where they belong.
    scope
        Values of the table's scope: the instant and version of the model, or the run.
    after, upto
        The range: greater than `after`, at most `upto`; ``None`` has no end on that side.
    rows
        The rows, ordered by the key.
    """

    table: Table
    scope: Mapping[str, Any]
    after: str | None
    upto: str | None
    rows: pa.Table

    @property
    def is_first(self) -> bool:
        """Whether no part of the same table and scope comes before."""
        return self.after is None

    @property
    def is_last(self) -> bool:
        """Whether no part of the same table and scope comes after."""
        return self.upto is None


@dataclass(frozen=True)
class Change:
    """Rows by what becomes of them.

    Parameters
    ----------
    new, changed, removed, same
        Numbers of rows.
    """

    new: int = 0
    changed: int = 0
    removed: int = 0
    same: int = 0

    @property
    def touched(self) -> int:
        """Rows that are written or removed."""
        return self.new + self.changed + self.removed

    def __add__(self, other: Change) -> Change:
        """Add up two changes."""
        return Change(
            self.new + other.new,
            self.changed + other.changed,
            self.removed + other.removed,
            self.same + other.same,
        )


def check_version(settings: DestinationSettings, version: int, known: Sequence[Migration]) -> None:
    """Refuse a destination whose schema this program does not know yet.

    Raises
    ------
    ConfigError
        If it is newer.
    """
    newest = known[-1].version
    if version > newest:
        raise ConfigError(
            f"The tables of destination {settings.name} have version {version} of the schema",
            allowed=f"up to version {newest}, which this program knows",
            do="install the newer ChurnLab that wrote them, or give deliver.destinations another schema or path",
        )


class Destination(ABC):
    """A place where scores are brought.

    Parameters
    ----------
    settings
        Its entry in the configuration.
    """

    place: ClassVar[Literal["path", "url"]]
    """How the configuration says where it is."""
    has_schema: ClassVar[bool] = False
    """Whether its tables lie in a schema whose name the configuration may set."""

    def __init__(self, settings: DestinationSettings) -> None:
        self.settings = settings

    @abstractmethod
    def open(self, *, read_only: bool) -> None:
        """Connect; to write, be the only delivery that does.

        Raises
        ------
        Lost
            If it does not answer, or another delivery is writing.
        ChurnLabError
            If it refuses.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of it; what was not committed is undone."""

    @abstractmethod
    def prepare(self) -> None:
        """Bring its tables to the newest version of the schema.

        Raises
        ------
        ConfigError
            If its schema is newer than this program.
        """

    @abstractmethod
    def compare(self, part: Part) -> Change:
        """Say what `write` would change, and change nothing."""

    @abstractmethod
    def write(self, part: Part) -> Change:
        """Make it hold the rows of a part and no others in their range, in one transaction."""

    @classmethod
    def grants(cls, settings: DestinationSettings) -> str:
        """Give SQL for a role that can write the scores there and nothing else; empty where there are no roles."""
        return ""
