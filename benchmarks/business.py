"""All measures of the customer base for 36 months: their time and memory, beside plain pandas month by month.

    python -m benchmarks.business                                        # 100,000 customers, 10 million orders
    python -m benchmarks.business --customers 5000 --orders 500000

The warehouse is made first and is not measured. Ours computes everything that `churnlab measures` writes: rates and
flows by nine segmentations, segments of each customer and their moves, cohorts, survival, nodes, reasons, values. The
peer is what an analyst writes in pandas: for each month it filters the orders and the terms and counts customers,
monthly revenue and purchases, of all and by four attributes that never change; it does no more. Each is a process of
its own that reads from disk. Where both tell a figure, they are compared.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from benchmarks.measure import Measured, measured, report
from pipelines.config import Project, load_project

MOST_SECONDS, MOST_GB = 60, 3
MONTHS = 36
FIRST, END = datetime(2022, 12, 1), datetime(2027, 1, 1)
ATTRIBUTES = {
    "industry": ["retail", "software", "logistics", "education", "healthcare", "manufacturing", "fast_moving_goods"],
    "company_size": ["micro", "small", "medium", "large", "enterprise"],
    "region": ["north", "south", "east", "west"],
    "channel": ["online", "reseller", "referral", "direct_sales"],
}
COMPARED = ("customers_opening", "customers_closing", "revenue_opening", "orders", "spend", "buyers", "repeat_buyers")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--ours", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--pandas", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ours is not None:
        report(lambda: ours(given.ours))
    elif given.pandas is not None:
        report(lambda: plain_pandas(given.pandas))
    else:
        _compare(given.customers, given.orders)


def _compare(customers: int, orders: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), customers, orders)
        took = {name: measured(["-m", "benchmarks.business", f"--{name}", folder]) for name in ("ours", "pandas")}
        differs = _differences(Path(folder))
    print(f"{customers:,} customers, {orders:,} orders, {MONTHS} months")
    for name, each in took.items():
        clock, processor = f"{each.seconds:7.1f} s by the clock", f"{each.processor_seconds:7.1f} s of processor"
        print(f"  {name:<8} {clock}, {processor}, peak {each.peak_gb:.2f} GB")
    ratio = took["pandas"].processor_seconds / took["ours"].processor_seconds
    print(f"  pandas month by month takes {ratio:.1f} times the processor time of all measures, for a part of them")
    print(f"  figures that both tell: {'the same' if not differs else 'DIFFERENT in ' + ', '.join(differs)}")
    _limits(took["ours"])


def _limits(took: Measured) -> None:
    for name, value, limit in (("seconds", took.seconds, MOST_SECONDS), ("peak GB", took.peak_gb, MOST_GB)):
        print(f"  {name:<10} {value:8.2f}   (at most {limit}: {'holds' if value <= limit else 'MISSED'})")


def ours(folder: Path) -> None:
    """Compute all that `churnlab measures` writes, without the writing."""
    from pipelines.business import book
    from pipelines.business.material import material_of

    with material_of(_project(folder)) as material:
        frames = book.computed(material)
    flows = frames[book.FLOWS]
    flows.to_parquet(folder / "ours.parquet")
    print(f"{len(frames)} tables, {sum(map(len, frames.values())):,} rows", file=sys.stderr)


def plain_pandas(folder: Path) -> None:
    """Count month by month, filtering the tables anew for each."""
    with duckdb.connect(str(folder / "workspace" / "demo" / "warehouse.duckdb"), read_only=True) as connection:
        tables = {name: connection.sql(f"FROM accepted.{name}").df() for name in ("customers", "contracts", "orders")}
    edges = list(pd.date_range(periods=MONTHS + 1, end=END, freq="MS"))
    rows = []
    for start, end in pairwise(edges):
        person = _month(tables, start, end)
        rows.append(person[list(COMPARED)].sum().rename(f"{start:%Y-%m}"))
        for name in ATTRIBUTES:
            person.groupby(tables["customers"].set_index("customer_id")[name])[list(COMPARED)].sum()
    pd.DataFrame(rows).to_parquet(folder / "pandas.parquet")


def _month(tables: dict[str, pd.DataFrame], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    orders = tables["orders"]
    inside = orders[(orders.ordered_at >= start) & (orders.ordered_at < end)]
    person = pd.DataFrame(index=tables["customers"].customer_id)
    bought = inside.groupby("customer_id").amount.agg(["count", "sum"]).reindex(person.index, fill_value=0)
    person["orders"], person["spend"] = bought["count"], bought["sum"]
    person["buyers"], person["repeat_buyers"] = bought["count"] >= 1, bought["count"] >= 2
    for name, at in (("opening", start), ("closing", end)):
        terms = _terms_at(tables["contracts"], at)
        person[f"customers_{name}"] = person.index.isin(terms.index)
        person[f"revenue_{name}"] = terms.reindex(person.index, fill_value=0.0)
    return person.astype(float)


def _terms_at(contracts: pd.DataFrame, at: pd.Timestamp) -> pd.Series:
    """Price of the newest term of everybody whose newest term has not ended for good."""
    begun = contracts[contracts.started_at < at].sort_values(["customer_id", "started_at"])
    newest = begun.groupby("customer_id").tail(1).set_index("customer_id")
    left_at = newest.cancelled_at.fillna(newest.ends_at)
    return newest.monthly_price[left_at.isna() | (left_at >= at)]


def _differences(folder: Path) -> list[str]:
    flows = pd.read_parquet(folder / "ours.parquet")
    mine = flows[flows.segmentation == "all"].set_index("period")
    theirs = pd.read_parquet(folder / "pandas.parquet")
    return [name for name in COMPARED if not np.allclose(mine[name].loc[theirs.index], theirs[name])]


def _project(folder: Path) -> Project:

    settings = [
        f"workspace={folder / 'workspace'}",
        f"label.data_end={END.isoformat()}",
        f"measures.most_periods={MONTHS}",
    ]
    return load_project("demo", settings)


def prepare(folder: Path, customers: int, orders: int) -> None:
    """Make a warehouse with accepted customers, contracts and orders."""
    home = folder / "workspace" / "demo"
    (home / "artifacts").mkdir(parents=True)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("SELECT setseed(0.42)")
        connection.execute("CREATE SCHEMA accepted")
        words = ", ".join(_word(name, several) for name, several in ATTRIBUTES.items())
        connection.execute(f"""
            CREATE TABLE accepted.customers AS
            SELECT 'C' || lpad(i::VARCHAR, 8, '0') AS customer_id, signed_up_at, {words}, signed_up_at AS known_at
            FROM (
                SELECT i, TIMESTAMP '{FIRST}' + to_days((random() * 1100)::INTEGER) AS signed_up_at
                FROM range({customers}) t(i)
            )
        """)
        connection.execute(_CONTRACTS)
        connection.execute(
            _ORDERS.format(orders=orders, customers=customers, first=FIRST, seconds=(END - FIRST).total_seconds())
        )
    told = {"schema": "accepted", "tables": ["customers", "contracts", "orders"], "flat": False}
    told |= {"first": FIRST.isoformat(), "last": END.isoformat()}
    (home / "artifacts" / "accepted.json").write_text(json.dumps(told))


def _word(name: str, several: list[str]) -> str:
    listed = ", ".join(f"'{word}'" for word in several)
    return f"[{listed}][1 + (random() * {len(several)})::INTEGER % {len(several)}] AS {name}"


_CONTRACTS = f"""
    CREATE TABLE accepted.contracts AS
    WITH people AS (
        SELECT customer_id, signed_up_at, 1 + (random() * 8)::INTEGER AS terms, random() < 0.5 AS goes,
               (50 * exp(2 * random())) AS price, ['basic', 'plus', 'premium'][1 + (random() * 3)::INTEGER % 3] AS plan
        FROM accepted.customers
    ), numbered AS (SELECT *, unnest(range(terms)) AS number FROM people)
    SELECT customer_id || '-' || number AS contract_id, customer_id,
           signed_up_at + to_months(6 * number::INTEGER) AS started_at,
           CASE WHEN number = terms - 1 AND NOT goes THEN NULL
                ELSE signed_up_at + to_months(6 * (number::INTEGER + 1)) END AS ends_at,
           plan, 'month' AS billing_period, round(price * (1 + number * 0.02), 2) AS monthly_price, false AS is_trial,
           NULL::VARCHAR AS renewal_of, NULL::TIMESTAMP AS ended_at,
           CASE WHEN number = terms - 1 AND goes AND random() < 0.5
                THEN signed_up_at + to_months(6 * number::INTEGER) + to_days(100) END AS cancelled_at,
           CASE WHEN random() < 0.5 THEN 'price' ELSE 'service' END AS cancel_reason,
           started_at AS known_at
    FROM numbered WHERE started_at < TIMESTAMP '{END}'
"""
_ORDERS = """
    CREATE TABLE accepted.orders AS
    SELECT i::VARCHAR AS order_id, 'C' || lpad((({customers} * luck)::INTEGER % {customers})::VARCHAR, 8, '0')
           AS customer_id, ordered_at, round(exp(3 + 2 * random()), 2) AS amount, NULL::TIMESTAMP AS returned_at,
           NULL::DOUBLE AS refund_amount, ordered_at AS known_at
    FROM (
        SELECT i, random() * random() AS luck,
               TIMESTAMP '{first}' + to_seconds((random() * {seconds})::BIGINT) AS ordered_at
        FROM range({orders}) t(i)
    )
"""


if __name__ == "__main__":
    main()
