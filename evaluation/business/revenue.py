"""Revenue that comes again: what the customers at the beginning brought a month, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir
from numpy.typing import NDArray

from evaluation.business.periods import Instants, instants
from evaluation.business.standing import BoolArray, Standing

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Terms:
    """Paid terms of contracts as arrays, all of shape (terms,); times in microseconds, `NEVER` where there is none.

    Parameters
    ----------
    customer
        Place of the customer.
    started
        First instant.
    price_until
        Until when its price holds: to the start of the term that follows, and through the grace where none does.
    monthly_price
        Price a month; 0 where it is not known.
    service_end
        End of the service.
    renewed
        Whether a term followed in time.
    decided
        Whether it is known by now that one did or did not.
    """

    customer: NDArray[np.intp]
    started: Instants
    price_until: Instants
    monthly_price: FloatArray
    service_end: Instants
    renewed: BoolArray
    decided: BoolArray

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Terms:
        """Read what `priced_terms` gave, with the ``place`` of the customer for the id; a missing time is never."""
        return cls(
            customer=frame["place"].to_numpy(dtype=np.intp),
            started=instants(frame["started_at"]),
            price_until=instants(frame["price_until"]),
            monthly_price=frame["monthly_price"].fillna(0).to_numpy(dtype=np.float64),
            service_end=instants(frame["service_end"]),
            renewed=frame["renewed"].to_numpy(dtype=np.bool_),
            decided=frame["decided"].to_numpy(dtype=np.bool_),
        )

    def monthly_at(self, instant: int, customers: int) -> FloatArray:
        """Monthly revenue of each customer from the terms that hold at an instant, shape (customers,)."""
        holds = (self.started < instant) & (self.price_until >= instant)
        return np.bincount(self.customer[holds], self.monthly_price[holds], customers).astype(np.float64)

    def renewal_columns(self, start: int, end: int, customers: int) -> dict[str, FloatArray]:
        """Count each customer's terms that ended in a period and are decided, and those of them that were renewed."""
        due = (self.service_end >= start) & (self.service_end < end) & self.decided
        renewed = due & self.renewed
        return {
            "terms_due": np.bincount(self.customer[due], minlength=customers).astype(np.float64),
            "terms_renewed": np.bincount(self.customer[renewed], minlength=customers).astype(np.float64),
        }


def revenue_columns(standing: Standing, before: FloatArray, after: FloatArray) -> dict[str, FloatArray]:
    """Divide what a period did to monthly revenue; opening + new + returned + expansion - contraction - lost = closing.

    Parameters
    ----------
    standing
        What became of the customers.
    before, after
        Monthly revenue of each customer at the beginning and at the end, shape (customers,).

    Returns
    -------
    dict
        Column name to amounts of shape (customers,).
    """
    opening, closing = np.where(standing.opening, before, 0.0), np.where(standing.closing, after, 0.0)
    kept = standing.retained
    lost, change = np.where(standing.lost, opening, 0.0), np.where(kept, closing - opening, 0.0)
    expansion, contraction = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    return {
        "revenue_opening": opening,
        "revenue_new": np.where(standing.new, closing, 0.0),
        "revenue_returned": np.where(standing.returned, closing, 0.0),
        "revenue_expansion": expansion,
        "revenue_contraction": contraction,
        "revenue_lost": lost,
        "revenue_closing": closing,
    }


def priced_terms(terms: ir.Table, contracts: ir.Table, data_end: datetime) -> ir.Table:
    """Say until when the price of each paid term holds, and whether its renewal is decided.

    Parameters
    ----------
    terms
        Terms and what became of each, as the contractual definition of churn gives them.
    contracts
        The canonical table.
    data_end
        Instant up to which the data are complete.

    Returns
    -------
    ibis Table
        ``customer_id``, ``contract_id``, ``started_at``, ``plan``, ``monthly_price``, ``service_end``, ``price_until``,
        ``renewed`` and ``decided``. A price holds to the end of the service, through the grace where no term follows
        at once, and no longer than to the start of the term that says it renews this one.
    """
    wanted = {"monthly_price": "float64", "plan": "string", "renewal_of": "string"}
    known = {name: contracts[name] if name in contracts.columns else ibis.null(kind) for name, kind in wanted.items()}
    details = contracts.select("contract_id", "started_at", **known)
    followers = details.filter(details.renewal_of.notnull()).group_by(contract_id="renewal_of")
    replaced = followers.aggregate(replaced_at=lambda t: t.started_at.min())
    joined = terms.left_join(details.select("contract_id", "monthly_price", "plan"), "contract_id")
    joined = joined.drop("contract_id_right").left_join(replaced, "contract_id")
    in_grace = ibis.least(joined.next_start, joined.lapse)
    runs_over = joined.next_start.isnull() | (joined.next_start > joined.service_end)
    holds = ibis.ifelse(
        joined.service_end.isnull(), joined.next_start, ibis.ifelse(runs_over, in_grace, joined.service_end)
    )
    passed = (joined.lapse < ibis.literal(data_end)).fill_null(False)
    return joined.select(
        "customer_id",
        "contract_id",
        "started_at",
        "plan",
        "monthly_price",
        "service_end",
        "renewed",
        price_until=ibis.least(holds, joined.replaced_at),
        decided=joined.renewed | joined.by_notice | passed,
    )
