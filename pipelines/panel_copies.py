"""Whether rows of a panel were copied from one snapshot: what is known of an active customer changes with time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from features.declared import RowSignal, SignalColumn
from features.tables import CUSTOMERS
from pipelines.errors import DataError
from pipelines.ingest.sql import identifier

if TYPE_CHECKING:
    import duckdb

MOST_COPIES_SHARE = 0.5
FEWEST_ACTIVE = 30
CUSTOMERS_COMPARED = 5_000
AGE = "days_since_"

_COMPARED = """
WITH chosen AS (
    SELECT customer_id FROM read_parquet($newer) WHERE {active} ORDER BY hash(customer_id) LIMIT {customers}
),
older AS (
    SELECT customer_id, hash({content}) AS content FROM read_parquet($older) SEMI JOIN chosen USING (customer_id)
),
newer AS (
    SELECT customer_id, hash({content}) AS content FROM read_parquet($newer) SEMI JOIN chosen USING (customer_id)
)
SELECT count(*), count(*) FILTER (WHERE older.content = newer.content) FROM newer JOIN older USING (customer_id)
"""


def refuse_copies(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], columns: Iterable[SignalColumn]
) -> None:
    """Refuse a panel in which most active customers have the same signals at two neighbouring cutoffs.

    Active is of whom the time since some event is known. It grows from cutoff to cutoff, or begins anew.

    Parameters
    ----------
    connection
        Any DuckDB connection.
    files
        Parquet files of the panel, one a cutoff, ascending.
    columns
        The signals in them; without one of the time since an event the panel passes.

    Raises
    ------
    DataError
        If so; too few active customers to say pass.
    """
    ages = [identifier(column.name) for column in columns if _is_age_of_event(column)]
    if not ages:
        return
    for older, newer in pairwise(files):
        # The ages are quick to read and hardly ever the same; only then is everything else looked at.
        for content in (", ".join(ages), "*COLUMNS(* EXCLUDE (customer_id, cutoff))"):
            compared, copied = _compared(connection, older, newer, ages, content)
            if compared < FEWEST_ACTIVE or copied <= MOST_COPIES_SHARE * compared:
                break
        else:
            raise DataError(
                f"{copied} of {compared} active customers have the same signals in {older.stem} and {newer.stem}",
                allowed="rows that say when each thing happened; what is known of a customer changes with time",
                do="look for tables copied from one snapshot, and for a mapped time that is the day of the export",
            )


def _compared(
    connection: duckdb.DuckDBPyConnection, older: Path, newer: Path, ages: Sequence[str], content: str
) -> tuple[int, int]:
    """Count active customers, and those whose content is the same."""
    active = " OR ".join(f"{age} IS NOT NULL" for age in ages)
    query = _COMPARED.format(content=content, active=active, customers=CUSTOMERS_COMPARED)
    compared, copied = connection.execute(query, {"older": str(older), "newer": str(newer)}).fetchall()[0]
    return compared, copied


def _is_age_of_event(column: SignalColumn) -> bool:
    signal = column.signal
    return isinstance(signal, RowSignal) and signal.table is not CUSTOMERS and signal.measure.startswith(AGE)
