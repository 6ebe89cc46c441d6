"""The rows of ``churn_scores``: predictions with their key and what is at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.scoring.predictions import STAGED
from pipelines.scoring.value import Value
from pipelines.warehouse.sql import literal

TABLE = "_ranked"


@dataclass(frozen=True)
class Stamp:
    """What all scores of a run share."""

    as_of: datetime
    model_version: str
    valid_until: datetime
    run_id: str

    @property
    def same(self) -> dict[str, Any]:
        """The part of the key that is the same for all rows of the run."""
        return {"as_of": self.as_of, "model_version": self.model_version}


def stamped(connection: Any, stamp: Stamp, value: Value) -> str:
    """Make a temporary view of the rows of ``churn_scores`` and give its name.

    Amounts are rounded to hundredths, so that the order in which a database adds them up leaves no trace.
    """
    same = ", ".join(f"{literal(each)} AS {name}" for name, each in vars(stamp).items())
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW {TABLE} AS
        SELECT *, round(probability * value, 2) AS value_at_risk FROM (
            SELECT customer_id, horizon_days, probability, probability_low, probability_high, band, rank, {same},
                   round(({value.expression(STAGED)})::DOUBLE, 2) AS value
            FROM {STAGED} {value.join}
        )
        """
    )
    return TABLE
