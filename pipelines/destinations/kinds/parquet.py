"""A folder of Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.destinations.folder import Folder
from pipelines.warehouse.sql import text_literal

if TYPE_CHECKING:
    import pyarrow as pa


class Parquet(Folder):
    """Tables of scores as Parquet files."""

    suffix = ".parquet"

    def writer(self, file: Path, schema: pa.Schema) -> Any:
        """Begin a file."""
        from pyarrow.parquet import ParquetWriter

        return ParquetWriter(file, schema, compression="zstd")

    def reading(self, file: Path) -> str:
        """Read a file as it is."""
        return f"read_parquet({text_literal(str(file))})"
