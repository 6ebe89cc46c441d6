"""Customer bases for tests, made of plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
import ibis
import pandas as pd

from evaluation.business.flows import Base, needed_edges
from evaluation.business.periods import Periods, microseconds, whole_periods
from evaluation.business.purchases import Purchases, bucketed
from evaluation.business.revenue import Terms
from evaluation.business.standing import Spells

Row = Sequence[Any]
EARLY = datetime(2000, 1, 1)


def months(first: str, last: str, zone: str = "UTC") -> Periods:
    """Whole months from one day to another."""
    return whole_periods(datetime.fromisoformat(first), datetime.fromisoformat(last), "month", zone)


def spells_of(rows: Sequence[Row]) -> Spells:
    """Spells of rows (customer, began, ended, kind)."""
    frame = pd.DataFrame(list(rows), columns=["customer_id", "began", "ended", "kind"])
    return Spells.of(frame.astype({"began": "datetime64[us]", "ended": "datetime64[us]"}))


def orders_of(rows: Sequence[Row], spells: Spells, periods: Periods, months_back: Sequence[int] = (12,)) -> Purchases:
    """Orders of rows (customer, ordered, amount), added up in the warehouse's way."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    frame = pd.DataFrame(list(rows), columns=["customer_id", "ordered_at", "amount"])
    connection.register("given", frame.astype({"ordered_at": "datetime64[us]", "amount": "float64"}))
    connection.execute("CREATE TABLE orders AS FROM given")
    engine = ibis.duckdb.from_connection(connection)
    edges = needed_edges(periods, months_back)
    found = engine.to_pandas(bucketed("orders", engine.table("orders"), edges))
    found["place"] = spells.customers.get_indexer(found["customer_id"].astype(object))
    return Purchases.of(found[found["place"] >= 0], edges, len(spells.customers))


def terms_of(rows: Sequence[Row], spells: Spells) -> Terms:
    """Terms of rows (customer, started, price until, price)."""
    frame = pd.DataFrame(list(rows), columns=["customer_id", "started_at", "price_until", "monthly_price"])
    frame = frame.astype({"started_at": "datetime64[us]", "price_until": "datetime64[us]"})
    frame["place"] = spells.customers.get_indexer(frame["customer_id"].astype(object))
    return Terms.of(frame.assign(service_end=frame["price_until"], renewed=False, decided=True))


def base_of(
    spells: Spells,
    orders: Purchases | None = None,
    terms: Terms | None = None,
    revenue_months: int = 12,
    begin: datetime = EARLY,
) -> Base:
    """Put a base together; notice and lapse are the active kinds."""
    kinds = ("notice", "lapse")
    return Base(spells, kinds, orders, orders, terms, revenue_months, int(microseconds([begin])[0]))
