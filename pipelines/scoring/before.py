"""The scores of the time before, with which new ones are compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.scoring.source import CUSTOMER, Source
from pipelines.warehouse.sql import identifier, literal
from pipelines.warehouse.writing import has_scores

TABLE, BANDS = "_before", "_bands_before"
_BEFORE = """
SELECT customer_id, as_of, model_version, probability, band FROM scores.churn_scores
WHERE horizon_days = {horizon_days} AND as_of = (
  SELECT max(as_of) FROM scores.churn_scores WHERE horizon_days = {horizon_days} AND as_of < {as_of}
)
QUALIFY dense_rank() OVER (ORDER BY try_cast(model_version AS INTEGER) DESC, model_version DESC) = 1
"""


@dataclass(frozen=True)
class Before:
    """Scores of the newest instant before, by the newest model of that instant; a temporary table of the warehouse.

    Parameters
    ----------
    instant
        When they were given.
    model_version
        By which model.
    """

    instant: datetime
    model_version: str

    @classmethod
    def of(cls, connection: Any, as_of: datetime, horizon_days: int) -> Before | None:
        """Find the scores of the newest instant before `as_of`; nothing where there are none.

        What was scored at `as_of` itself does not count, so that scoring it again compares with the same scores. Only
        scores for the same horizon can be compared.
        """
        if not has_scores(connection):
            return None
        query = _BEFORE.format(horizon_days=literal(horizon_days), as_of=literal(as_of))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} AS {query}")
        first = connection.execute(f"SELECT as_of, model_version FROM {TABLE} LIMIT 1").fetchone()
        return None if first is None else cls(*first)


def bands_beside(source: Source) -> str:
    """Write the band that each customer had the time before, in the order of the source; give the table's name."""
    customer = f"source.{identifier(CUSTOMER)}::VARCHAR"
    source.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {BANDS} AS SELECT earlier.band AS band_before "
        f"FROM {identifier(source.name)} source LEFT JOIN {TABLE} earlier ON {customer} = earlier.customer_id "
        "ORDER BY source.rowid"
    )
    return BANDS
