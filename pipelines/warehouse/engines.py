"""Where signals are computed: in the warehouse itself, or on Spark."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import ConfigError
from pipelines.warehouse.duckdb_file import backend
from pipelines.warehouse.sql import identifier

if TYPE_CHECKING:
    import pandas as pd

POPULATION = "churnlab_population"
GROUP_ROWS = 20_480
"""Rows of a row group: few enough that the different values of a column stay in the processor's cache."""
TIMES = ("TIMESTAMP", "TIMESTAMP_NS")


@dataclass(frozen=True)
class Engine:
    """An Ibis backend that holds the accepted tables and the customers to compute.

    Parameters
    ----------
    backend
        The Ibis backend.
    tables
        Accepted canonical tables by name.
    population
        Table of ``customer_id`` and ``cutoff``.
    """

    backend: Any
    tables: Mapping[str, Any]
    population: Any

    def write(self, table: Any, file: Path) -> None:
        """Write a computed table as one Parquet file, ordered by customer; times have no zone."""
        table = table.order_by("customer_id")
        if self.backend.name == "duckdb":
            self.backend.to_parquet(table, file, row_group_size=GROUP_ROWS)
            return
        import pyarrow as pa
        import pyarrow.parquet as parquet

        rows = table.to_pyarrow()
        at = rows.schema.get_field_index("cutoff")
        cutoffs = rows.column(at).cast(pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us"))
        parquet.write_table(rows.set_column(at, "cutoff", cutoffs), file)


@contextmanager
def engine_of(
    name: str, connection: Any, schema: str, tables: Mapping[str, Any], population: pd.DataFrame
) -> Iterator[Engine]:
    """Bring the accepted tables to where signals are computed.

    Parameters
    ----------
    name
        ``duckdb`` or ``spark``.
    connection
        The warehouse.
    schema
        Schema of the accepted tables.
    tables
        The accepted tables in the warehouse, by name.
    population
        ``customer_id`` and ``cutoff`` of every row to compute.

    Raises
    ------
    ConfigError
        If Spark is asked for and PySpark or Java is missing.
    """
    connection.register(POPULATION, population)
    if name == "duckdb":
        warehouse = backend(connection)
        yield Engine(warehouse, tables, warehouse.table(POPULATION))
        return
    with tempfile.TemporaryDirectory(prefix="churnlab-spark-") as folder, _spark(Path(folder)) as spark:
        for table in tables:
            _hand_over(connection, spark, f"{identifier(schema)}.{identifier(table)}", table, Path(folder))
        _hand_over(connection, spark, POPULATION, POPULATION, Path(folder))
        yield Engine(spark, {table: spark.table(table) for table in tables}, spark.table(POPULATION))


def _hand_over(connection: Any, spark: Any, source: str, name: str, folder: Path) -> None:
    """Give Spark a table as Parquet, with times as instants, which its own zone does not shift."""
    file, relation = folder / f"{name}.parquet", connection.sql(f"FROM {source}")
    columns = [_instant(column) if kind in TIMES else identifier(column) for column, kind in _typed(relation)]
    relation.project(", ".join(columns)).write_parquet(str(file))
    spark._session.read.parquet(str(file)).createOrReplaceTempView(name)


def _typed(relation: Any) -> Iterator[tuple[str, str]]:
    return zip(relation.columns, map(str, relation.types), strict=True)


def _instant(column: str) -> str:
    return f"{identifier(column)} AT TIME ZONE 'UTC' AS {identifier(column)}"


@contextmanager
def _spark(folder: Path) -> Iterator[Any]:
    """Start Spark on this machine, or join the session that is there, such as one of a cluster."""
    import ibis

    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ConfigError(
            "features.engine is spark, and PySpark is not installed",
            allowed="duckdb",
            do="pip install 'churnlab[spark]'",
        ) from error
    before = SparkSession.getActiveSession()
    if before is None and not shutil.which("java"):
        raise ConfigError("features.engine is spark, and there is no Java", allowed="duckdb", do="install Java 17")
    session = before or SparkSession.builder.config(map=_settings(folder)).getOrCreate()
    try:
        yield ibis.pyspark.connect(session)
    finally:
        if before is None:
            session.stop()


def _settings(folder: Path) -> dict[str, str]:
    """Settings of a session of our own: this machine alone, no page, nothing left behind."""
    return {
        "spark.master": "local[*]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
