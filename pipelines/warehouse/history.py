"""The scores of the time before: what a new score is compared with."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.warehouse.writing import has_scores

if TYPE_CHECKING:
    import pandas as pd

_BEFORE = """
SELECT customer_id, as_of, model_version, probability, band FROM scores.churn_scores
WHERE horizon_days = $horizon_days AND as_of = (
  SELECT max(as_of) FROM scores.churn_scores WHERE horizon_days = $horizon_days AND as_of < $as_of
)
QUALIFY dense_rank() OVER (ORDER BY try_cast(model_version AS INTEGER) DESC, model_version DESC) = 1
ORDER BY customer_id
"""


def scores_before(connection: Any, as_of: datetime, horizon_days: int) -> pd.DataFrame:
    """Give the scores of the newest instant before `as_of`, by the newest model of that instant.

    What was scored at `as_of` itself does not count, so that scoring it again compares with the same scores.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse.
    as_of
        Instant of the new scores.
    horizon_days
        Only scores for this horizon can be compared.

    Returns
    -------
    pandas.DataFrame
        Index ``customer_id``; ``as_of``, ``model_version``, ``probability``, ``band``, the same instant and model
        for all. Empty where there are none.
    """
    import pandas as pd

    if not has_scores(connection):
        return pd.DataFrame(columns=["as_of", "model_version", "probability", "band"])
    found = connection.execute(_BEFORE, {"as_of": as_of, "horizon_days": horizon_days}).df()
    return found.set_index("customer_id")
