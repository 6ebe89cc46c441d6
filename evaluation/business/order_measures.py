"""What customers buy: repeat purchases, purchases quarter after quarter, orders and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.business.purchases import FloatArray, Purchases

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class OrderWindow:
    """The instants, in microseconds, that the order measures of a period look at.

    Parameters
    ----------
    start, end
        The period.
    quarter_start, quarter_before
        Three and six months before its end.
    """

    start: int
    end: int
    quarter_start: int
    quarter_before: int


def order_columns(orders: Purchases, window: OrderWindow) -> dict[str, FloatArray | BoolArray]:
    """Give what the order measures of a period add up, by name, each of shape (customers,).

    Parameters
    ----------
    orders
        Orders in buckets.
    window
        Period and quarters.

    Returns
    -------
    dict
        ``orders``, ``spend``, ``buyers`` (one order or more), ``repeat_buyers`` (two or more),
        ``quarter_buyers_before`` (bought in the three months before the last three) and ``quarter_buyers_again``
        (those of them who bought in the last three).
    """
    count = orders.counted(window.start, window.end)
    before = orders.counted(window.quarter_before, window.quarter_start) > 0
    again = orders.counted(window.quarter_start, window.end) > 0
    return {
        "orders": count,
        "spend": orders.added(window.start, window.end),
        "buyers": count >= 1,
        "repeat_buyers": count >= 2,
        "quarter_buyers_before": before,
        "quarter_buyers_again": before & again,
    }


def active_columns(facts: Purchases, start: int, end: int, closing: BoolArray) -> dict[str, BoolArray]:
    """Mark the customers at the end of a period who did something in it."""
    return {"active_customers": closing & (facts.counted(start, end) > 0)}
