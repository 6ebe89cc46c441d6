"""The named things that stages hand to each other, how they are kept and loaded, and their digests.

Each is written beside its place and then renamed, so that a killed stage leaves the earlier one whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.artifact_records import HOLDS
from pipelines.errors import NotReady
from pipelines.records import read_record

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["record", "frame", "folder"]
AGAIN = "make it again: churnlab run"


@dataclass(frozen=True)
class Artifact:
    """One named thing.

    Parameters
    ----------
    name
        Its name, which stages use as the name of a parameter.
    kind
        ``record`` is JSON, ``frame`` a Parquet file, ``folder`` anything else.
    meaning
        What it holds.
    columns
        Columns that a frame must have.
    """

    name: str
    kind: Kind
    meaning: str
    columns: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """File or folder name."""
        return self.name + {"record": ".json", "frame": ".parquet", "folder": ""}[self.kind]


ARTIFACTS: dict[str, Artifact] = {
    artifact.name: artifact
    for artifact in (
        Artifact("source", "record", "Where the simulated tables are and how many rows they have."),
        Artifact("loaded", "record", "The canonical tables in the warehouse and the ledger of what was read."),
        Artifact("accepted", "record", "What the checks found; the tables that later stages may read."),
        Artifact(
            "labels", "frame", "Risk set and labels.", ("customer_id", "cutoff", "churned", "churned_at", "settled_at")
        ),
        Artifact("calendar", "record", "Cutoffs, windows and the end of the data."),
        Artifact("panel", "folder", "Signals of the labelled customers, one Parquet file a cutoff."),
        Artifact("trained", "folder", "Models, split, validation figures and the predictions on the test slice."),
        Artifact("judged", "record", "Figures on unseen customers, with intervals: ranking, money, time, gates."),
        Artifact("judged_tables", "folder", "Curves and lists of the judgement, one Parquet file each."),
        Artifact("champion", "record", "The promoted version and why."),
        Artifact("export", "folder", "The champion as a folder that stands alone."),
        Artifact("scored", "record", "The newest scoring run and its coverage."),
        Artifact("decided", "record", "The newest alerts and planned actions, in numbers."),
        Artifact("sent", "record", "What the newest run of sending brought to which state, in numbers."),
        Artifact("marted", "record", "The mart of the dashboard and of BI tools, and its rows."),
        Artifact("delivered", "record", "What the newest delivery changed in each destination."),
    )
}


class Store:
    """The artifacts of one project.

    Parameters
    ----------
    folder
        Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Place of an artifact."""
        return self.folder / ARTIFACTS[name].file

    def exists(self, name: str) -> bool:
        """Whether it has been made."""
        return self.path(name).exists()

    def load(self, name: str) -> Any:
        """Load a record as a dictionary, a frame as a pandas frame, a folder as its path.

        Raises
        ------
        NotReady
            If it has not been made, is damaged, or a frame lacks columns.
        """
        if not self.exists(name):
            raise NotReady(f"There is no {name} yet", do="run the stages before it: churnlab run")
        artifact, path = ARTIFACTS[name], self.path(name)
        if artifact.kind == "folder":
            return path
        if artifact.kind == "record":
            return read_record(path, HOLDS.get(name, dict[str, Any]), AGAIN)
        frame = _read_frame(path)
        missing = [column for column in artifact.columns if column not in frame]
        if missing:
            raise NotReady(f"{path.name} lacks {', '.join(missing)}", do=AGAIN)
        return frame

    def save(self, name: str, value: Any) -> None:
        """Put a value in place atomically; a folder is given as the path of one made in `scratch`."""
        artifact, path = ARTIFACTS[name], self.path(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        if artifact.kind == "folder":
            replace_folder(Path(value), path)
            return
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        if artifact.kind == "record":
            beside.write_text(json.dumps(value, indent=1, ensure_ascii=False, default=str), encoding="utf-8")
        else:
            value.to_parquet(beside, index=False)
        os.replace(beside, path)

    def digest(self, name: str) -> str:
        """Hash of the content, or an empty text if it has not been made."""
        return digest(self.path(name)) if self.exists(name) else ""

    def scratch(self, name: str) -> Path:
        """Give a new empty folder for a stage to fill."""
        folder = self.folder / f".{name}.{os.getpid()}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def sweep(self) -> None:
        """Remove what killed runs left beside the artifacts."""
        for rest in self.folder.glob(".*") if self.folder.is_dir() else ():
            if rest.is_dir():
                shutil.rmtree(rest, ignore_errors=True)
            else:
                rest.unlink(missing_ok=True)


def _read_frame(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ValueError as error:  # what Arrow raises of a file that is no Parquet
        raise NotReady(f"{path} is damaged", allowed="the file as churnlab left it", do=AGAIN) from error


def digest(path: Path) -> str:
    """Hash a file, or a folder with the names in it."""
    total = hashlib.blake2b(digest_size=16)
    for file in _files(path):
        total.update(str(file.relative_to(path) if path.is_dir() else file.name).encode())
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).digest())
    return total.hexdigest()


def replace_folder(new: Path, place: Path) -> None:
    """Put a folder where another may be; the old one is gone only once the new one stands."""
    old = place.with_name(f".{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        os.replace(place, old)
    os.replace(new, place)
    shutil.rmtree(old, ignore_errors=True)


def _files(path: Path) -> Iterator[Path]:
    return iter([path]) if path.is_file() else iter(sorted(file for file in path.rglob("*") if file.is_file()))
