"""Checks of a table's own time: is it fresh, and is its last week as full as the weeks before."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from features.tables import TABLES
from pipelines.validation.check import QUERY, Check
from pipelines.warehouse.sql import identifier, literal, statement

FRESH = "expect_column_max_to_be_between"
WEEKS_BEFORE = 12
LEAST_PER_WEEK = 20


def freshness(table: str, fresh_days: int, now: datetime) -> Check:
    """Expect a fact in the last days.

    Parameters
    ----------
    table
        Its name.
    fresh_days
        Days.
    now
        The present, UTC.
    """
    happened = TABLES[table].happened_at
    since = now - timedelta(days=fresh_days)
    limits = {"column": happened, "min_value": since}
    said = f"nothing new since {since:%Y-%m-%d} ({fresh_days} days)"
    return Check(f"{table}.fresh", table, FRESH, limits, "warn", said)


def last_week(table: str, end: datetime, volume_share: float) -> Check:
    """Expect the week before the data end to hold at least a share of what the emptiest week of a quarter before held.

    A feed that stopped looks like customers who stopped, which is why this is looked at in every load.

    Parameters
    ----------
    table
        Its name.
    end
        End of the data of all tables.
    volume_share
        The share.
    """
    happened = identifier(TABLES[table].happened_at)
    edges = [end - timedelta(weeks=week) for week in range(WEEKS_BEFORE + 2)]
    weeks = ", ".join(
        f"count(*) FILTER (WHERE {happened} > {literal(low)} AND {happened} <= {literal(high)})"
        for high, low in pairwise(edges)
    )
    counted = statement("SELECT [", weeks, "] AS weeks FROM {batch}")
    few = f"list_median(weeks[2:]) >= {LEAST_PER_WEEK} AND weeks[1] < {volume_share} * list_min(weeks[2:])"
    query = statement("SELECT weeks FROM (", counted, ") WHERE", few)
    least = f"less than {volume_share:.0%} of any of the {WEEKS_BEFORE} weeks before it"
    said = f"the week before {end:%Y-%m-%d} has {least}: has the feed stopped?"
    return Check(f"{table}.last_week", table, QUERY, {"unexpected_rows_query": query}, "warn", said)
