"""Scores on their way out: kept on disk, so that any number of them can be ranked in bounded memory."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.errors import DataError
from pipelines.warehouse.sql import text_literal

MEMORY_BYTES = 1_000_000_000
FORMULA = r"^[=+\-@\t\r]"
"""What a spreadsheet would take for the beginning of a formula."""
FORMATS = {".parquet": "FORMAT parquet", ".csv": "FORMAT csv, HEADER true"}


class Spool:
    """Scores, and the file that becomes of them.

    Parameters
    ----------
    folder
        Folder of its own for what is on its way.
    """

    def __init__(self, folder: Path) -> None:
        self._connection = opened(folder / "scores.duckdb")
        self._connection.execute(
            "CREATE TABLE scores (customer_id VARCHAR, as_of TIMESTAMP, horizon_days INTEGER, probability DOUBLE,"
            " band VARCHAR)"
        )
        self.rows = 0

    def add(self, scores: pd.DataFrame) -> None:
        """Keep scores."""
        self._connection.register("batch", scores)
        self._connection.execute(
            "INSERT INTO scores SELECT customer_id, as_of, horizon_days, probability, band FROM batch"
        )
        self._connection.unregister("batch")
        self.rows += len(scores)

    def write(self, output: Path, model_version: str, valid_for: timedelta) -> int:
        """Rank all scores and write them beside the place of the file, then put it there.

        Parameters
        ----------
        output
            ``.parquet`` or ``.csv``; what is there is replaced. In a CSV an id that a spreadsheet would take for a
            formula begins with an apostrophe.
        model_version
            Told in each row.
        valid_for
            Time from ``as_of`` to ``valid_until``.

        Returns
        -------
        int
            Customers scored.

        Raises
        ------
        DataError
            If a customer was scored twice at the same instant.
        """
        self._refuse_twice()
        is_csv = output.suffix.lower() == ".csv"
        shown = f"regexp_replace(customer_id, {text_literal(f'({FORMULA})')}, '''\\1')" if is_csv else "customer_id"
        query = " ".join(
            (
                f"SELECT {shown} AS customer_id, as_of, horizon_days, $version AS model_version, probability, band,",
                "CAST(row_number() OVER (PARTITION BY as_of, horizon_days ORDER BY probability DESC, s.customer_id)",
                "AS INTEGER) AS rank, CAST(as_of + to_seconds($seconds) AS TIMESTAMP) AS valid_until",
                "FROM scores s ORDER BY as_of, horizon_days DESC, rank",
            )
        )
        beside = output.with_name(f".{output.name}.{os.getpid()}")
        try:
            options = FORMATS[output.suffix.lower()]
            values = {"version": model_version, "seconds": valid_for.total_seconds()}
            self._connection.execute(f"COPY ({query}) TO {text_literal(str(beside))} ({options})", values)
            os.replace(beside, output)
        finally:
            beside.unlink(missing_ok=True)
        return self._customers()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _refuse_twice(self) -> None:
        twice = self._connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM scores GROUP BY customer_id, as_of, horizon_days HAVING count(*) > 1)"
        ).fetchone()
        if twice and twice[0]:
            raise DataError(
                f"{twice[0]:,} customers have more than one row at the same instant",
                allowed="one row a customer and instant",
                do="leave the others out",
            )

    def _customers(self) -> int:
        row = self._connection.execute("SELECT count(DISTINCT customer_id) FROM scores").fetchone()
        assert row is not None
        return int(row[0])


def opened(file: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database with bounded memory, in UTC."""
    connection = duckdb.connect(str(file), read_only=read_only)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET memory_limit = '{MEMORY_BYTES:d}B'")
    connection.execute("SET enable_progress_bar = false")
    return connection
