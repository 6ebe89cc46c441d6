"""The ledger of a run: every customer is scored, or excluded for a reason, or failed and named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.scoring.ranked import Stamp
from pipelines.scoring.source import Batch
from pipelines.warehouse.scores import FINISHED, INCOMPLETE


@dataclass(frozen=True)
class Ledger:
    """How many customers came to what.

    Parameters
    ----------
    scored
        Customers with a score.
    excluded
        Reason to number of customers.
    failed
        Batch to what went wrong in it.
    """

    scored: int
    excluded: Mapping[str, int]
    failed: Mapping[Batch, str]

    @property
    def status(self) -> str:
        """What the run came to."""
        return INCOMPLETE if self.failed else FINISHED

    @property
    def failed_customers(self) -> int:
        """Customers of the batches that failed."""
        return sum(batch.rows for batch in self.failed)

    def run(self, stamp: Stamp, model_name: str, started_at: datetime, finished_at: datetime) -> dict[str, Any]:
        """Give the row of ``score_runs``."""
        excluded = sum(self.excluded.values())
        return {
            "run_id": stamp.run_id,
            "as_of": stamp.as_of,
            "model_name": model_name,
            "model_version": stamp.model_version,
            "eligible": self.scored + excluded + self.failed_customers,
            "scored": self.scored,
            "excluded": excluded,
            "failed": self.failed_customers,
            "status": self.status,
            "started_at": started_at,
            "finished_at": finished_at,
        }

    def rows(self, run_id: str) -> list[dict[str, Any]]:
        """Give the rows of ``score_coverage``."""
        told = [("scored", "", self.scored)]
        told += [("excluded", reason, customers) for reason, customers in self.excluded.items() if customers]
        told += [("failed", f"{batch}: {reason}", batch.rows) for batch, reason in self.failed.items()]
        return [
            {"run_id": run_id, "outcome": outcome, "reason": reason, "customers": customers}
            for outcome, reason, customers in told
        ]
