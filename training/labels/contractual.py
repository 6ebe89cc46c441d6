"""Active churn: the customer gives notice, or does not renew within the grace period 主动流失."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
from ibis.expr import types as ir

from features.tables import KNOWN_AT
from training.labels.outcome import LAPSE, NOTICE, Tables, Window

_LATE = ("cancelled_at", "ended_at")


@dataclass(frozen=True)
class Contractual:
    """Churn of contracts.

    A customer is alive from the start of a paid term until notice is given or, without notice, until the grace period
    after the end of the last term has passed without a new one. That instant is when the customer left. A new term
    within the grace takes a notice back, for a label only if the outcome window still sees it: what becomes of a notice
    later says nothing about who was a customer, or left, by then.

    Parameters
    ----------
    grace_days
        Days after the end of a term within which a new term still counts as a renewal.
    """

    grace_days: int
    table: str = "contracts"

    def alive(self, tables: Tables, cutoff: datetime) -> ir.Table:
        """Give the customers whose newest term before the cutoff has not ended for good by then."""
        terms = self._terms(_known(tables[self.table], cutoff))
        known = terms.filter(terms.started_at < ibis.literal(cutoff))
        term = ibis.struct({"started_at": known.started_at, "id": known.contract_id, "left_at": known.left_at})
        newest = known.group_by("customer_id").aggregate(term=term.max())
        left_at = newest.term["left_at"]
        return newest.filter(left_at.isnull() | (left_at >= ibis.literal(cutoff))).select("customer_id")

    def left(self, tables: Tables, cutoff: datetime, window: Window) -> ir.Table:
        """Give those who leave between the cutoff and the end of the window, with the first such instant.

        It is settled once no new term can take it back.
        """
        contracts, end = tables[self.table], ibis.literal(cutoff + window.reach)
        terms = self._terms(contracts.filter(ibis.least(contracts.started_at, contracts[KNOWN_AT]) < end))
        leaving = terms.filter(
            terms.left_at >= ibis.literal(cutoff), terms.left_at < ibis.literal(cutoff + window.reach)
        )
        last = ibis.greatest(leaving.left_at, leaving.lapse)
        for_good = ibis.ifelse(leaving.lapse.isnull(), ibis.null("timestamp"), last)
        return leaving.group_by("customer_id").aggregate(churned_at=leaving.left_at.min(), settled_at=for_good.min())

    def stayed(self, tables: Tables, cutoff: datetime, window: Window) -> None:
        """Nobody: a customer may give notice until the last instant."""

    def spells(self, tables: Tables, window: Window, instants: Sequence[datetime]) -> ir.Table:
        """Give the spells of being a customer: one from a term that renews none to the one that is not renewed."""
        terms = self.terms(tables)
        order = ibis.window(group_by="customer_id", order_by=[terms.started_at, terms.contract_id])
        earlier = terms.left_at.lag().over(order)
        first = ibis.row_number().over(order) == 0
        numbered = terms.mutate(begins=(first | earlier.notnull()).cast("int64"))
        order = ibis.window(group_by="customer_id", order_by=[numbered.started_at, numbered.contract_id], following=0)
        numbered = numbered.mutate(spell=numbered.begins.sum().over(order))
        return numbered.group_by("customer_id", "spell").aggregate(
            began=numbered.started_at.min(),
            ended=numbered.left_at.max(),
            kind=ibis.ifelse(numbered.by_notice.any(), NOTICE, LAPSE),
        )

    def terms(self, tables: Tables) -> ir.Table:
        """Give the paid terms and what became of each, by all that is known today.

        Returns
        -------
        ibis Table
            ``customer_id``, ``contract_id``, ``started_at``, ``known_at``; ``service_end`` (null: open-ended),
            ``lapse`` (when the grace after it is over), ``next_start`` of the customer's next term, ``renewed``,
            ``by_notice`` and ``left_at``, the instant at which the customer left by the term, null where it was
            renewed or runs on.
        """
        return self._terms(tables[self.table])

    def _terms(self, contracts: ir.Table) -> ir.Table:
        paid = contracts.filter(~contracts.is_trial.fill_null(False))
        order = ibis.window(group_by="customer_id", order_by=[paid.started_at, paid.contract_id])
        next_start = paid.started_at.lead().over(order)
        service_end = ibis.coalesce(paid.ended_at, paid.ends_at)
        lapse = service_end + ibis.interval(days=self.grace_days)
        renewed = next_start.notnull() & (service_end.isnull() | (next_start <= lapse))
        left_at = ibis.ifelse(renewed, ibis.null("timestamp"), ibis.coalesce(paid.cancelled_at, lapse))
        return paid.select(
            "customer_id",
            "contract_id",
            "started_at",
            KNOWN_AT,
            service_end=service_end,
            lapse=lapse,
            next_start=next_start,
            renewed=renewed.fill_null(False),
            by_notice=~renewed.fill_null(False) & paid.cancelled_at.notnull(),
            left_at=left_at,
        )


def _known(contracts: ir.Table, instant: datetime) -> ir.Table:
    """Contracts as they stood at an instant: among them terms that were signed by then and begin later."""
    limit = ibis.literal(instant)
    rows = contracts.filter(contracts[KNOWN_AT] < limit)
    learned = {name: ibis.ifelse(rows[name] < limit, rows[name], ibis.null("timestamp")) for name in _LATE}
    return rows.mutate(**learned)
