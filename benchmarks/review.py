"""How long and how much memory the monthly review takes with many customers: python -m benchmarks.review [CUSTOMERS].

The warehouse is made by SQL: a contract each, three scorings, reasons above band low, an alert for a fifth and an
action for a hundredth, and flows of fourteen months as `churnlab measures` would have told them. Told is the command,
as a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb

from features.tables import TABLES
from pipelines.mart.sources import BUSINESS_TABLES, TYPES
from pipelines.warehouse.actions import create as create_actions
from pipelines.warehouse.writing import create as create_scores

HOME = Path(__file__).parents[1]
DEMO = HOME / "conf" / "demo.yaml"
SCORED_AT = ("2026-08-15", "2026-10-01", "2026-11-01")
_PEOPLE = """
SELECT printf('C%08d', n) AS customer_id, 'Firm ' || n AS name, 'Owner ' || n % 200 AS owner,
       ['retail', 'software', 'finance', 'education'][1 + n % 4] AS industry,
       ['east_china', 'europe', 'north_america'][1 + n % 3] AS region,
       TIMESTAMP '2024-01-01' + to_days((n % 300)::INTEGER) AS signed_up_at, signed_up_at AS known_at
FROM range({customers}) people(n)
"""
_CONTRACTS = """
SELECT 'K' || customer_id AS contract_id, customer_id, signed_up_at AS started_at, known_at, 'team' AS plan,
       'month' AS billing_period, 100.0 AS monthly_price, 100.0 AS list_price, TIMESTAMP '2028-01-01' AS ends_at,
       CASE WHEN hash(customer_id) % 50 = 0
            THEN TIMESTAMP '2026-08-01' + to_days((hash(customer_id) // 50 % 90)::INTEGER) END AS cancelled_at
FROM accepted.customers
"""
_SCORES = """
INSERT INTO scores.churn_scores BY NAME
SELECT customer_id, TIMESTAMP '{day}' AS as_of, 60 AS horizon_days, '1' AS model_version,
       pow(hash(customer_id || '{day}') % 1000 / 1000, 3) AS probability,
       CASE WHEN probability >= 0.7 THEN 'high' WHEN probability >= 0.3 THEN 'medium' ELSE 'low' END AS band,
       1 AS rank, TIMESTAMP '2036-01-01' AS valid_until, 'run{day}' AS run_id,
       (hash(customer_id) % 10000)::DOUBLE AS value, value * probability AS value_at_risk
FROM accepted.customers
"""
_RUN = """
INSERT INTO scores.score_runs BY NAME
SELECT 'run{day}' AS run_id, TIMESTAMP '{day}' AS as_of, 'churn_demo' AS model_name, '1' AS model_version,
       {customers} AS eligible, {customers} AS scored, 0 AS excluded, 0 AS failed, 'finished' AS status,
       TIMESTAMP '{day} 02:00:00' AS started_at, TIMESTAMP '{day} 03:00:00' AS finished_at
"""
_TOLD = (
    """
    INSERT INTO scores.churn_reasons BY NAME
    SELECT customer_id, as_of, horizon_days, model_version, 1 AS position, 'usage__logins__30d' AS signal,
           'Logged in 2 times' AS sentence_en, '登录 2 次' AS sentence_zh
    FROM scores.churn_scores WHERE band <> 'low'
    """,
    """
    INSERT INTO actions.alerts BY NAME
    SELECT 'a' || customer_id || as_of AS alert_id, customer_id, 'many_tickets' AS rule, as_of AS fired_as_of,
           'high' AS severity, 'support' AS owner, 'open' AS state
    FROM scores.churn_scores WHERE hash(customer_id) % 5 = 0
    """,
    """
    INSERT INTO actions.planned_actions BY NAME
    SELECT 'p' || customer_id || as_of AS action_id, customer_id, 'care_call' AS playbook, as_of, 'call' AS action,
           'phone' AS channel, 'sales' AS owner, as_of::DATE + 3 AS planned_for, as_of::DATE + 7 AS due,
           40.0 AS cost, 100.0 AS expected_value, 'treated' AS arm, 'planned' AS state
    FROM scores.churn_scores WHERE hash(customer_id) % 100 = 0
    """,
)
_FLOWS = """
INSERT INTO business.customer_flows BY NAME
SELECT strftime(starts_at, '%Y-%m') AS period, starts_at, starts_at + INTERVAL 1 MONTH AS ends_at,
       segmentation, segment, {customers} / parts AS customers_opening, 0.01 * {customers} / parts AS customers_new,
       0.0 AS customers_returned, 0.01 * {customers} / parts AS customers_lost, {customers} / parts AS customers_closing
FROM range(TIMESTAMP '2025-09-01', TIMESTAMP '2026-11-01', INTERVAL 1 MONTH) months(starts_at),
     (VALUES ('all', 'all', 1), ('industry', 'retail', 4), ('region', 'europe', 3))
       segments(segmentation, segment, parts)
"""


def main() -> None:
    """Make the warehouse, write the review, and tell seconds and megabytes."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "demo", customers)
        environment = {**os.environ, "CHURNLAB__WORKSPACE": folder, "PYTHONPATH": str(HOME)}
        asked = [sys.executable, "-m", "pipelines", "report", "-p", str(DEMO), "--month", "2026-10"]
        began = time.perf_counter()
        process = subprocess.Popen(asked, env=environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        pages = list((Path(folder) / "demo" / "reports").glob("review-*.html"))
        size = pages[0].stat().st_size / 1e6
    if status:
        raise SystemExit("The review was not written.")
    print(f"{customers:,} customers: {seconds:.1f} s, {used.ru_maxrss / 1e3:,.0f} MB, page of {size:.2f} MB")


def fill(home: Path, customers: int) -> None:
    """Make the warehouse and the artifact that tells of the accepted tables."""
    (home / "artifacts").mkdir(parents=True)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        for schema in ("accepted", "business"):
            connection.execute(f"CREATE SCHEMA {schema}")
        create_scores(connection)
        create_actions(connection)
        for name, select in (("customers", _PEOPLE), ("contracts", _CONTRACTS)):
            _table(connection, name, select.format(customers=customers))
        for name, columns in BUSINESS_TABLES.items():
            typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f"CREATE TABLE business.{name} ({typed})")
        connection.execute(_FLOWS.format(customers=customers))
        for day in SCORED_AT:
            connection.execute(_SCORES.format(day=day))
            connection.execute(_RUN.format(day=day, customers=customers))
        for statement in _TOLD:
            connection.execute(statement)
    told = {"schema": "accepted", "tables": ["customers", "contracts"], "flat": False}
    ends = {"first": datetime(2024, 1, 1).isoformat(), "last": datetime(2026, 11, 1).isoformat()}
    (home / "artifacts" / "accepted.json").write_text(json.dumps(told | ends))


def _table(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    columns = ", ".join(f"{column.name} {TYPES[column.type]}" for column in TABLES[name].all_columns)
    connection.execute(f"CREATE TABLE accepted.{name} ({columns})")
    connection.execute(f"INSERT INTO accepted.{name} BY NAME {select}")


if __name__ == "__main__":
    main()
