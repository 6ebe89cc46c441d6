"""Why customers say, or seem, to have left: what the tables hold about each, nearest to the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from evaluation.model.shares import wilson_interval

STATED, UNPAID, FEEDBACK, UNKNOWN_SOURCE = "stated", "unpaid", "feedback", "unknown"
UNPAID_REASON, UNKNOWN_REASON = "payment", "unknown"
STATED_DAYS, UNPAID_DAYS, FEEDBACK_DAYS = 60, 60, 90
SOURCES = (STATED, UNPAID, FEEDBACK)
"""Where a reason is found, in this order: given with a notice in the sixty days before; an invoice that failed in them
and was not paid; the newest tag of unhappy feedback in the ninety days before. The last two go along with leaving and
prove nothing."""


def reasons(left: ir.Table, tables: Mapping[str, ir.Table]) -> ir.Table:
    """Give a reason for each customer who left.

    Parameters
    ----------
    left
        ``customer_id`` and ``ended``, a row for each time that a customer left.
    tables
        Canonical tables by name; those that are missing say nothing.

    Returns
    -------
    ibis Table
        ``customer_id``, ``ended``, ``reason`` and ``source``.
    """
    makers = {STATED: ("contracts", _stated), UNPAID: ("payments", _unpaid), FEEDBACK: ("feedback", _feedback)}
    found = left.select("customer_id", "ended")
    for source, (table, make) in makers.items():
        if table in tables:
            said = make(left, tables[table])
            joined = found.left_join(said, ["customer_id", "ended"])
            found = joined.drop("customer_id_right", "ended_right").rename({source: "reason"})
        else:
            found = found.mutate(**{source: ibis.null(str)})
    source = ibis.cases(*((found[name].notnull(), name) for name in SOURCES), else_=UNKNOWN_SOURCE)
    reason = ibis.coalesce(*(found[name] for name in SOURCES), ibis.literal(UNKNOWN_REASON))
    return found.select("customer_id", "ended", reason=reason, source=source)


def reason_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Count reasons by period.

    Parameters
    ----------
    frame
        ``period``, ``reason``, ``source``, a row for each customer who left.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``reason``, ``source``, ``customers``, ``share`` (of those who left in the period), ``low``
        and ``high``.
    """
    found = frame.groupby(["period", "reason", "source"], as_index=False).size().rename(columns={"size": "customers"})
    total = found.groupby("period")["customers"].transform("sum").to_numpy(dtype=np.float64)
    share = found["customers"].to_numpy() / total
    low, high = wilson_interval(share, total)
    return found.assign(share=share, low=low, high=high)


def _stated(left: ir.Table, contracts: ir.Table) -> ir.Table:
    said = contracts.filter(contracts.cancel_reason.notnull(), contracts.cancelled_at.notnull())
    near = left.inner_join(said.select("customer_id", "cancel_reason", at=said.cancelled_at), "customer_id")
    near = near.filter(near["at"] <= near.ended)
    return _newest(near, near.cancel_reason, STATED_DAYS)


def _unpaid(left: ir.Table, payments: ir.Table) -> ir.Table:
    failed = payments.filter(payments.failed_at.notnull(), payments.paid_at.isnull())
    near = left.inner_join(failed.select("customer_id", at=failed.failed_at), "customer_id")
    return _newest(near, ibis.literal(UNPAID_REASON), UNPAID_DAYS)


def _feedback(left: ir.Table, feedback: ir.Table) -> ir.Table:
    unhappy = feedback.filter(feedback.tag.notnull(), _is_unhappy(feedback))
    near = left.inner_join(unhappy.select("customer_id", "tag", at=unhappy.given_at), "customer_id")
    return _newest(near, near.tag, FEEDBACK_DAYS)


def _is_unhappy(feedback: ir.Table) -> Any:
    """NPS of 6 or less, CSAT of 3 or less, or a text in a bad mood; a tag alone does not say whether it is praise."""
    low = ibis.cases((feedback.kind == "nps", feedback.score <= 6), (feedback.kind == "csat", feedback.score <= 3))
    mood = feedback.sentiment < 0 if "sentiment" in feedback.columns else ibis.null("boolean")
    return ibis.coalesce(low, mood, ibis.literal(False))


def _newest(near: ir.Table, reason: Any, days: int) -> ir.Table:
    near = near.mutate(reason=reason)
    near = near.filter(near["at"] <= near.ended, near["at"] >= near.ended - ibis.interval(days=days))
    return near.group_by("customer_id", "ended").aggregate(reason=near.reason.argmax(near["at"]))
