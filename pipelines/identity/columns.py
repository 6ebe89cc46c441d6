"""Columns of Python values as temporary tables of the engine."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Values = list[str] | NDArray[np.int64]


def put(connection: duckdb.DuckDBPyConnection, name: str, **columns: Values) -> None:
    """Fill a temporary table, replacing one of its name.

    Parameters
    ----------
    connection
        The engine.
    name
        Name of the table.
    columns
        Column to values: texts or whole numbers.
    """
    given = f"{name}_given"
    connection.register(
        given,
        pa.table(
            {
                key: pa.array(values, pa.string() if isinstance(values, list) else pa.int64())
                for key, values in columns.items()
            }
        ),
    )
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM {given}")
    finally:
        connection.unregister(given)
