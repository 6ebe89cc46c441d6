"""How long each page of the dashboard takes with many scored customers: python -m benchmarks.dashboard [CUSTOMERS].

The mart is made by SQL, with four scorings, reasons for a tenth, twelve indicators, twenty events and an alert a
customer, and an action for a tenth.
Chromium opens each page anew and waits until all of it is drawn; told is the middle of five looks, after one that
warms up.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pipelines.dashboard.server import command
from pipelines.mart.build import FILE
from pipelines.mart.tables import SCHEMA, TABLES
from pipelines.warehouse.sql import identifier, text_literal

HOME = Path(__file__).parents[1]
LOOKS = 5
LIMIT_S = 2.0
PAGES = {
    "overview": "",
    "customers at risk": "risk",
    "customers at risk, searched": "risk?search=firm 9999&band=high&band=medium&band=low",
    "customers at risk, filtered": "risk?band=medium&industry=retail&topic=usage",
    "one customer": "customer?customer=C00000042",
    "segments": "segments",
    "retention": "retention",
    "model": "model",
    "alerts and actions": "actions",
    "alerts and actions of a team": "actions?team=sales",
    "experiments": "experiments",
}
_LATEST = """
SELECT printf('C%08d', n) AS customer_id, 'Firm ' || n AS customer_name, 'Owner ' || n % 200 AS owner,
       ['retail', 'software', 'finance', 'education'][1 + n % 4] AS industry,
       ['small', 'large'][1 + n % 2] AS company_size,
       ['east_china', 'europe', 'north_america'][1 + n % 3] AS region, 'online' AS channel,
       DATE '2020-01-01' + (n % 2000)::INTEGER AS signed_up_date, DATE '2026-11-01' AS score_date, 60 AS horizon_days,
       '1' AS model_version, p AS probability, band(p) AS risk_band, n::INTEGER AS risk_rank, p * 1000 AS value_at_risk,
       100.0 AS monthly_value, DATE '2026-10-25' AS previous_score_date, p * 0.9 AS previous_probability,
       band(p * 0.9) AS previous_risk_band, (band(p) = 'high' AND band(p * 0.9) <> 'high')::SMALLINT AS is_newly_high,
       CASE WHEN told THEN ',contracts,usage,' END AS reason_topics,
       CASE WHEN told THEN 'Logged in 2 times in the last 30 days' END AS reason_1_en,
       CASE WHEN told THEN '近 30 天登录 2 次' END AS reason_1_zh,
       lower(printf('C%08d', n) || chr(10) || 'Firm ' || n) AS search_text, TIMESTAMP '2036-01-01' AS valid_until
FROM (SELECT n, p, n <= (SELECT count(*) / 10 FROM people) AS told FROM people) ORDER BY n
"""
_ROWS = {
    "dim_customer": "SELECT customer_id, customer_name, owner, industry, company_size, region FROM latest",
    "fact_churn_score_daily": """
        SELECT customer_id, DATE '2026-11-01' - 7 * (3 - t)::INTEGER AS score_date, 60 AS horizon_days,
               '1' AS model_version, probability, risk_band, risk_rank, value_at_risk, (t = 3)::SMALLINT AS is_latest
        FROM latest, range(4) AS times(t) ORDER BY customer_id, score_date""",
    "fact_score_driver": """
        SELECT customer_id, score_date, horizon_days, model_version, 'reason' AS driver_type,
               1 AS driver_position, ['usage', 'contracts'][1 + risk_rank % 2] AS topic, reason_1_en AS sentence_en,
               reason_1_zh AS sentence_zh
        FROM latest WHERE reason_1_en IS NOT NULL ORDER BY customer_id""",
    "dim_indicator": """
        SELECT 'indicator_' || i AS indicator, i::INTEGER AS indicator_position, 'Indicator ' || i AS label_en,
               '指标 ' || i AS label_zh, 'days' AS unit, 'rises' AS risk_direction FROM range(1, 13) AS t(i)""",
    "fact_core_indicator": """
        SELECT customer_id, 'indicator_' || i AS indicator, (risk_rank * i) % 90.0 AS indicator_value
        FROM latest, range(1, 13) AS t(i) ORDER BY customer_id, indicator""",
    "fact_indicator_summary": """
        SELECT 'indicator_' || i AS indicator, risk_band, 1000 AS customers, 30.0 AS median_value
        FROM range(1, 13) AS t(i), (VALUES (NULL), ('high')) AS b(risk_band)""",
    "fact_customer_event": """
        SELECT customer_id, TIMESTAMP '2026-10-31' - to_days((i * 5)::INTEGER) AS happened_at, 'tickets' AS event_kind,
               'complaint' AS event_detail, 'open' AS event_state
        FROM latest, range(20) AS t(i) ORDER BY customer_id, happened_at DESC""",
    "fact_alert": """
        SELECT 'A' || risk_rank AS alert_id, customer_id, ['logins_halved', 'nps_low', 'past_due'][1 + risk_rank % 3]
               AS rule_name, rule_name AS rule_en, '规则' AS rule_zh, score_date AS fired_date,
               ['high', 'medium', 'low'][1 + risk_rank % 3] AS severity,
               ['sales', 'support'][1 + risk_rank % 2] AS alert_owner, alert_owner AS alert_owner_en,
               '销售' AS alert_owner_zh, 'Say so.' AS sentence_en, '情况如此。' AS sentence_zh, 'open' AS alert_state,
               'open' AS alert_state_en, '待处理' AS alert_state_zh FROM latest ORDER BY customer_id""",
    "fact_action_task": """
        SELECT 'T' || risk_rank AS action_id, customer_id, 'call' AS playbook, 'Call' AS playbook_en,
               '致电' AS playbook_zh, ['sales', 'support'][1 + risk_rank % 2] AS task_owner,
               task_owner AS task_owner_en,
               '销售' AS task_owner_zh, score_date AS planned_for, score_date + 3 AS due_date, 'planned' AS task_state,
               'planned' AS task_state_en, '已计划' AS task_state_zh FROM latest WHERE risk_rank % 10 = 0
        ORDER BY customer_id""",
    "fact_score_run": """
        SELECT 'run' AS run_id, DATE '2026-11-01' AS score_date, 'churn' AS model_name, '1' AS model_version,
               count(*)::INTEGER AS eligible, count(*)::INTEGER AS scored, 'finished' AS run_status FROM latest""",
    "fact_business_measure": """
        SELECT strftime(day, '%Y-%m') AS period_name, day::DATE AS period_start, 'all' AS segmentation,
               'all' AS segment_name, 'churn_rate' AS measure_name, 0.02 AS measure_value, 0.015 AS value_low,
               0.025 AS value_high, 100000 AS base_customers, 'told' AS verdict, 0.006 AS yardstick_low,
               0.0135 AS yardstick_high, 'worse' AS standing
        FROM (SELECT unnest(generate_series(DATE '2024-01-01', DATE '2026-10-01', INTERVAL 1 MONTH)) AS day)""",
}


def main() -> None:
    """Make the mart, open every page, print how long each took; the exit code is 1 where one took too long."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        home.mkdir()
        fill(home / FILE, customers)
        size = (home / FILE).stat().st_size / 1e6
        print(f"{customers:,} scored customers, {size:,.0f} MB")
        with served(Path(folder)) as address:
            times = looked_at(address)
    for name, taken in times.items():
        print(f"{name:<30} {statistics.median(taken):5.2f} s   (slowest {max(taken):.2f} s)")
    sys.exit(any(statistics.median(taken) > LIMIT_S for taken in times.values()))


def fill(file: Path, customers: int) -> None:
    """Write a mart of so many customers."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {text_literal(str(file))} AS made")
        connection.execute(f"CREATE SCHEMA made.{SCHEMA}")
        connection.execute(
            "CREATE MACRO band(p) AS CASE WHEN p >= 0.3 THEN 'high' WHEN p >= 0.06 THEN 'medium' ELSE 'low' END"
        )
        end = customers + 1
        connection.execute(
            f"CREATE TABLE people AS SELECT n, (1 - n / {end:d}.0) ** 12 AS p FROM range(1, {end:d}) t(n)"
        )
        connection.execute(f"CREATE TABLE latest AS {_LATEST}")
        for table in TABLES:
            place = identifier("made", SCHEMA, table.name)
            columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in table.columns)
            connection.execute(f"CREATE TABLE {place} ({columns})")
            rows = "FROM latest" if table.name == "churn_latest" else _ROWS.get(table.name)
            if rows is not None:
                connection.execute(f"INSERT INTO {place} BY NAME {rows}")


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """Serve the dashboard on the mart of a workspace."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    environment = {**os.environ, "PYTHONPATH": str(HOME), "CHURNLAB__WORKSPACE": str(workspace)}
    started = command(str(HOME / "conf" / "demo.yaml"), port)
    server = subprocess.Popen(started, env=environment, cwd=workspace, stdout=subprocess.DEVNULL)
    try:
        yield _answering(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait()


def _answering(address: str) -> str:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
        except OSError:
            continue
        return address
    raise SystemExit("The dashboard did not answer.")


def looked_at(address: str) -> dict[str, list[float]]:
    """Open each page in Chromium and give how long it took, seconds."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        times = {}
        for name, path in PAGES.items():
            _look(browser, f"{address}/{path}")
            times[name] = [_look(browser, f"{address}/{path}") for _ in range(LOOKS)]
        browser.close()
    return times


def _look(browser: Any, address: str) -> float:
    """Open a page in a fresh context, so that nothing is kept from the look before."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    page = context.new_page()
    began = time.monotonic()
    page.goto(address)
    page.wait_for_selector("h1.answer", timeout=120_000)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'", timeout=120_000
    )
    taken = time.monotonic() - began
    context.close()
    return taken


if __name__ == "__main__":
    main()
