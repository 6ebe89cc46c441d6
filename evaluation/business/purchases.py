"""Orders and other facts in the stretches between edges, so that any period is a sum of few numbers a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir
from numpy.typing import NDArray

from evaluation.business.periods import Instants, instants, microseconds
from features.tables import ORDERS, TABLES

FloatArray = NDArray[np.float64]
BUCKET = "bucket"


@dataclass(frozen=True, eq=False)
class Purchases:
    """Facts of customers, added up in buckets: the stretches between neighbouring edges.

    Parameters
    ----------
    edges
        Ascending instants in microseconds; bucket b lies in ``[edges[b - 1], edges[b])``, bucket 0 before them all.
    starts
        Place of each bucket's first row, and of the end: shape (edges + 2,).
    customer
        Place of the customer, shape (rows,), rows in order of bucket.
    count, amount
        Facts and their amount, shape (rows,).
    newest
        Instant of the last one in microseconds, shape (rows,).
    customers
        How many customers there are.
    """

    edges: Instants
    starts: NDArray[np.intp]
    customer: NDArray[np.intp]
    count: FloatArray
    amount: FloatArray
    newest: Instants
    customers: int

    @classmethod
    def of(cls, frame: pd.DataFrame, edges: Sequence[datetime], customers: int) -> Purchases:
        """Read what `bucketed` gave, with the ``place`` of the customer for the id."""
        frame = frame.sort_values(BUCKET, kind="stable")
        bucket = frame[BUCKET].to_numpy(dtype=np.intp)
        return cls(
            edges=microseconds(edges),
            starts=np.searchsorted(bucket, np.arange(len(edges) + 2)),
            customer=frame["place"].to_numpy(dtype=np.intp),
            count=frame["facts"].to_numpy(dtype=np.float64),
            amount=frame["amount"].to_numpy(dtype=np.float64),
            newest=instants(frame["newest"]),
            customers=customers,
        )

    def counted(self, start: int | None, end: int) -> FloatArray:
        """Facts of each customer in ``[start, end)``, both edges; None for the beginning of time."""
        return self._added(self.count, start, end)

    def added(self, start: int | None, end: int) -> FloatArray:
        """Amount of each customer in ``[start, end)``, both edges; None for the beginning of time."""
        return self._added(self.amount, start, end)

    def last(self, start: int | None, end: int) -> FloatArray:
        """Instant of each customer's last fact in ``[start, end)`` in microseconds; missing without one."""
        rows = self._rows(start, end)
        newest = np.full(self.customers, -np.inf)
        np.maximum.at(newest, self.customer[rows], self.newest[rows].astype(np.float64))
        return np.where(np.isfinite(newest), newest, np.nan)

    def _added(self, values: FloatArray, start: int | None, end: int) -> FloatArray:
        rows = self._rows(start, end)
        return np.bincount(self.customer[rows], values[rows], self.customers).astype(np.float64)

    def _rows(self, start: int | None, end: int) -> slice:
        return slice(0 if start is None else self.starts[self._edge(start) + 1], self.starts[self._edge(end) + 1])

    def _edge(self, instant: int) -> int:
        place = int(np.searchsorted(self.edges, instant))
        if place == len(self.edges) or self.edges[place] != instant:
            raise KeyError(instant)
        return place


def bucketed(table: str, rows: ir.Table, edges: Sequence[datetime]) -> ir.Table:
    """Count and add up the rows of a table by customer and bucket.

    Parameters
    ----------
    table
        Name of the canonical table; the amount of orders is what was paid less what was given back, others have none.
    rows
        The rows.
    edges
        Ascending instants, UTC without zone.

    Returns
    -------
    ibis Table
        ``customer_id``, ``bucket``, ``facts``, ``amount`` and ``newest``, the last instant.
    """
    happened = rows[TABLES[table].happened_at]
    placed = rows.select("customer_id", happened=happened, bucket=_passed(happened, edges), paid=_paid(table, rows))
    return placed.group_by("customer_id", BUCKET).aggregate(
        facts=placed.count(), amount=placed.paid.sum().fill_null(0.0), newest=placed.happened.max()
    )


def _paid(table: str, rows: ir.Table) -> Any:
    if table != ORDERS.name:
        return ibis.literal(0.0)
    given_back = rows.refund_amount.fill_null(0.0) if "refund_amount" in rows.columns else ibis.literal(0.0)
    return rows.amount - given_back


def _passed(time: Any, edges: Sequence[datetime]) -> Any:
    """Count the edges at or before a time by nested halving: few comparisons a row."""

    def search(low: int, high: int) -> Any:
        if low == high:
            return ibis.literal(low, type="int16")
        middle = (low + high) // 2
        passed = time >= ibis.literal(edges[middle])
        return ibis.ifelse(passed, search(middle + 1, high), search(low, middle))

    return search(0, len(edges))
