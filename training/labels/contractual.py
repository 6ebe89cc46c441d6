"""Active churn: the customer gives notice, or does not renew within the grace period 主动流失."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import ibis
from ibis.expr import types as ir

from features.tables import KNOWN_AT
from training.labels.outcome import Tables, Window


@dataclass(frozen=True)
class Contractual:
    """Churn of contracts.

    A customer is alive from the start of a paid term until notice is given or, without notice, until the grace period
    after the end of the last term has passed without a new one. That instant is when the customer left.

    Parameters
    ----------
    grace_days
        Days after the end of a term within which a new term still counts as a renewal.
    """

    grace_days: int
    table: str = "contracts"

    def alive(self, tables: Tables, cutoff: datetime) -> ir.Table:
        """Give the customers whose newest term before the cutoff has not ended for good by then."""
        terms = self._terms(tables)
        known = terms.filter(terms.started_at < ibis.literal(cutoff), terms[KNOWN_AT] < ibis.literal(cutoff))
        term = ibis.struct({"started_at": known.started_at, "id": known.contract_id, "left_at": known.left_at})
        newest = known.group_by("customer_id").aggregate(term=term.max())
        left_at = newest.term["left_at"]
        return newest.filter(left_at.isnull() | (left_at >= ibis.literal(cutoff))).select("customer_id")

    def left(self, tables: Tables, cutoff: datetime, window: Window) -> ir.Table:
        """Give those who leave between the cutoff and the end of the window, with the first such instant."""
        terms = self._terms(tables)
        leaving = terms.filter(
            terms.left_at >= ibis.literal(cutoff), terms.left_at < ibis.literal(cutoff + window.reach)
        )
        return leaving.group_by("customer_id").aggregate(churned_at=leaving.left_at.min())

    def _terms(self, tables: Tables) -> ir.Table:
        """Paid terms with the instant at which the customer left by the term, null where it was renewed or runs on."""
        contracts = tables[self.table]
        paid = contracts.filter(~contracts.is_trial.fill_null(False))
        order = ibis.window(group_by="customer_id", order_by=[paid.started_at, paid.contract_id])
        next_start = paid.started_at.lead().over(order)
        service_end = ibis.coalesce(paid.ended_at, paid.ends_at)
        lapse = service_end + ibis.interval(days=self.grace_days)
        renewed = next_start.notnull() & (service_end.isnull() | (next_start <= lapse))
        left_at = ibis.ifelse(renewed, ibis.null("timestamp"), ibis.coalesce(paid.cancelled_at, lapse))
        return paid.select("customer_id", "contract_id", "started_at", KNOWN_AT, left_at=left_at)
