"""The panel on disk: one Parquet file of signals a cutoff, and how it becomes rows to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.signal import SignalColumn, columns_of, discover
from features.tables import TABLES
from pipelines.artifacts import digest
from pipelines.config import Project
from pipelines.errors import ConfigError, NotReady

if TYPE_CHECKING:
    import pandas as pd

FLAT_FILE = "flat.parquet"
KEYS = ("customer_id", "cutoff")
OWN_SIGNALS = Path("signals")
"""The folder for own signals that every project looks into, whether or not it is there."""


def canonical_tables(backend: Any, schema: str, names: Sequence[str]) -> dict[str, Any]:
    """Give the Ibis tables of a schema of the warehouse.

    Raises
    ------
    NotReady
        If one of them is not there, as in a warehouse that was put in place of another.
    """
    absent = (set(names) & TABLES.keys()) - set(backend.list_tables(database=schema))
    if absent:
        raise NotReady(
            f"The warehouse has no table {', '.join(sorted(absent))} in {schema}",
            do="read the tables again: churnlab run",
        )
    return {name: backend.table(name, database=schema) for name in names if name in TABLES}


def project_signals(project: Project) -> dict[str, SignalColumn]:
    """Every signal column that the project could use, its own folders included.

    Raises
    ------
    ConfigError
        If a folder of signals is named and not there.
    """
    for folder in project.features.folders:
        if folder != OWN_SIGNALS and not folder.is_dir():
            raise ConfigError(
                f"features.folders names {folder}, which is no folder",
                allowed=f"a folder with Python files; {OWN_SIGNALS} may be missing",
                do="correct the setting, or run: churnlab signals new NAME --table TABLE",
            )
    return columns_of(discover(project.features.folders).values())


def own_signals_digest(project: Project) -> str:
    """Digest of the files in which the user declares signals."""
    return " ".join(digest(folder) for folder in project.features.folders if folder.exists())


def file_of(cutoff: datetime) -> str:
    """Name of a cutoff's file."""
    return f"{cutoff:%Y-%m-%dT%H%M%S}.parquet"


def read_panel(folder: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read all cutoffs of a panel, or a flat table, as one frame; numbers as 32-bit floats."""
    import pyarrow.parquet as parquet

    wanted = None if columns is None else [*KEYS, *columns]
    frame = parquet.read_table(folder, columns=wanted).to_pandas(strings_to_categorical=True)
    numbers = frame.select_dtypes("float64").columns
    return frame.astype(dict.fromkeys(numbers, "float32"))


def split_keys(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Separate the keys from the signals."""
    keys = [key for key in KEYS if key in frame]
    return frame[keys], frame.drop(columns=keys)
