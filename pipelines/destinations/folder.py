"""What folders do alike: one file a table and instant, put in place whole, and left alone where no row differs."""

from __future__ import annotations

import fcntl
import filecmp
import json
import os
import shutil
import tempfile
from abc import abstractmethod
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from typing_extensions import TypedDict

from pipelines.destinations.contract import MIGRATIONS, RUNS, SCORES, tables
from pipelines.destinations.destination import Change, Destination, Lost, Part, check_version
from pipelines.destinations.differing import rows_differing
from pipelines.destinations.meanings import TABLES, meaning
from pipelines.records import read_record

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines.config_deliver import DestinationSettings

CURRENT = "churn_scores_current"
DICTIONARY = "schema.json"
_WRITING, _LOCK = ".writing", ".lock"


class Versioned(TypedDict):
    """What a reader needs of the dictionary of a folder."""

    version: int


class Folder(Destination):
    """Files below a folder; a kind says how one is written and read."""

    place = "path"
    suffix: ClassVar[str]

    def __init__(self, settings: DestinationSettings) -> None:
        super().__init__(settings)
        assert settings.path is not None
        self.path = settings.path
        self._lock: IO[str] | None = None
        self._scratch = Path()
        self._writers: dict[str, Any] = {}

    @abstractmethod
    def writer(self, file: Path, schema: pa.Schema) -> Any:
        """Begin a file: give what has ``write_table`` and ``close``."""

    @abstractmethod
    def reading(self, file: Path) -> str:
        """Give the DuckDB expression that reads a file, each cell as it stands there."""

    def open(self, *, read_only: bool) -> None:
        """Take the lock of the folder; what is only compared is written elsewhere."""
        if read_only:
            self._scratch = Path(tempfile.mkdtemp(prefix="churnlab-"))
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = (self.path / _LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Lost(f"another delivery is writing to {self.path}") from None
        self._scratch = self.path / _WRITING
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()

    def close(self) -> None:
        """Remove what was not put in place, and give the lock back."""
        for writer in self._writers.values():
            with suppress(OSError):
                writer.close()  # of a delivery that failed; on a full disk it cannot be ended
        self._writers.clear()
        if self._scratch != Path():
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = Path()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def prepare(self) -> None:
        """Write the dictionary of tables and columns, with the version of the schema."""
        place = self.path / DICTIONARY
        again = "move it away: it is written anew"
        held = read_record(place, Versioned, again)["version"] if place.exists() else 0
        check_version(self.settings, held, MIGRATIONS)
        beside = self._scratch / DICTIONARY
        beside.write_text(json.dumps(_dictionary(), indent=1), encoding="utf-8")
        _put(beside, place)

    def compare(self, part: Part) -> Change:
        """Write beside, and count at the last part of a file."""
        return self._take(part)[0]

    def write(self, part: Part) -> Change:
        """Write beside; at the last part of a file, put it in place if it differs."""
        change, file = self._take(part)
        if file is None:
            return change
        place = self._place(part)
        if change.touched or not place.exists():
            if part.table.name != RUNS:
                # Without its runs an instant is not complete for those who read.
                (self.path / RUNS / place.name).unlink(missing_ok=True)
            _put(file, place)
        if part.table.name == RUNS and self._is_newest(part):
            _put(self._scratch / f"{CURRENT}{self.suffix}", self.path / f"{CURRENT}{self.suffix}")
        return change

    def _take(self, part: Part) -> tuple[Change, Path | None]:
        """Add rows to the file that is being written; give it and the change where it is whole."""
        file = self._scratch / f"{part.table.name}{self.suffix}"
        self._add(part, file, part.rows)
        if part.table.name == SCORES:
            self._add(part, self._scratch / f"{CURRENT}{self.suffix}", _valid(part.rows))
        if not part.is_last:
            return Change(), None
        place, rows = self._place(part), self._writers.pop(file.name).rows
        if not place.exists():
            return Change(new=rows), file
        if filecmp.cmp(file, place, shallow=False):
            return Change(same=rows), file
        return rows_differing(self.reading(file), self.reading(place), part.table, self._scratch), file

    def _add(self, part: Part, file: Path, rows: pa.Table) -> None:
        if part.is_first:
            self._writers[file.name] = _Counted(self.writer(file, rows.schema))
        self._writers[file.name].write(rows)
        if part.is_last:
            self._writers[file.name].close()

    def _place(self, part: Part) -> Path:
        scope = [
            value.isoformat().replace(":", "") if isinstance(value, datetime) else quote(value, safe="")
            for value in part.scope.values()
        ]
        return self.path / part.table.name / f"{'_v'.join(scope)}{self.suffix}"

    def _is_newest(self, part: Part) -> bool:
        """Whether these are finished runs, and no later instant is here; names of files are in the order of time."""
        if "finished" not in part.rows["status"].to_pylist():
            return False
        instant = self._place(part).name.split("_v")[0]
        return all(file.name.split("_v")[0] <= instant for file in (self.path / RUNS).glob(f"*{self.suffix}"))


class _Counted:
    """A file that is being written, and its number of rows."""

    def __init__(self, writer: Any) -> None:
        self._writer, self.rows = writer, 0

    def write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows)
        self.rows += len(rows)

    def close(self) -> None:
        self._writer.close()


def _valid(scores: pa.Table) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    now = pa.scalar(datetime.now(UTC).replace(tzinfo=None), pa.timestamp("us"))
    return scores.filter(pc.greater(scores["valid_until"], now))


def _put(file: Path, place: Path) -> None:
    """Put a file in the place of another in one step, unless they hold the same bytes."""
    if place.exists() and filecmp.cmp(file, place, shallow=False):
        return
    with file.open("rb") as written:
        os.fsync(written.fileno())
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(file, place)


def _dictionary() -> dict[str, Any]:
    told = {
        table.name: {
            "meaning": TABLES.get(table.name, ""),
            "key": list(table.key),
            "columns": {name: meaning(table.name, name) for name in table.columns},
        }
        for table in tables()
    }
    return {"version": MIGRATIONS[-1].version, "tables": told}
