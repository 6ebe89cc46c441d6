"""A small warehouse whose scores are known, and the mart that is built from it."""

from __future__ import annotations

import hashlib
import shutil
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mart_actions

from features.tables import TABLES
from pipelines.config import Project, load_project
from pipelines.mart.build import build
from pipelines.mart.sources import TYPES
from pipelines.warehouse.duckdb_file import warehouse
from pipelines.warehouse.writing import create

HOME = Path(__file__).parents[2]
NEWEST, BEFORE = datetime(2026, 11, 1), datetime(2026, 10, 25)
OWNERS, INDUSTRIES, REGIONS = ("Ada", "Bo", "Céline"), ("retail", "software", None), ("east_china", "europe")
SCRIPT, FORMULA, QUOTE = "<script>alert(1)</script>", "=cmd()", 'O\'Neil "& sons"; DROP TABLE x --'
NAMES = {0: SCRIPT, 1: FORMULA, 2: QUOTE, 3: "**bold** [link](http://x.invalid) :red[x] $a$"}
CUSTOMERS = 90
FLAT: dict[str, Any] = {"flat": True, "schema": "accepted", "tables": {}}
ACCEPTED: dict[str, Any] = {
    "flat": False,
    "schema": "accepted",
    "tables": {name: {} for name in ("customers", "contracts", "tickets")},
}


def project_in(folder: Path) -> Project:
    """Give the demo project with its workspace in a folder."""
    return load_project(str(HOME / "conf" / "demo.yaml"), [f"workspace={folder}"])


def chance(number: int, salt: str) -> float:
    """Draw from 0 to 1, the same each time."""
    return int(hashlib.sha256(f"{salt}{number}".encode()).hexdigest()[:8], 16) / 2**32


def probability(number: int, instant: datetime) -> float:
    """Risk of a customer at an instant."""
    return round(chance(number, f"{instant:%d}") ** 3, 4)


def band(risk: float) -> str:
    """Band of a risk."""
    return "high" if risk >= 0.3 else "medium" if risk >= 0.06 else "low"


def customer(number: int) -> dict[str, Any]:
    """What is known of a customer, by column of the canonical table."""
    return {
        "customer_id": f"C{number:04d}",
        "signed_up_at": datetime(2025, 1, 1) + timedelta(days=number),
        "name": NAMES.get(number, f"Firm {number}"),
        "industry": INDUSTRIES[number % 3],
        "region": REGIONS[number % 2],
        "owner": OWNERS[number % 3],
        "known_at": datetime(2025, 1, 1) + timedelta(days=number),
    }


def scores(instant: datetime, version: str = "1") -> list[dict[str, Any]]:
    """Scores of everyone at an instant, by column; and the risk within 30 days, which has no band."""
    risks = sorted(((probability(number, instant), number) for number in range(CUSTOMERS)), reverse=True)
    rows = []
    for rank, (risk, number) in enumerate(risks, start=1):
        same = {
            "customer_id": f"C{number:04d}",
            "as_of": instant,
            "model_version": version,
            "valid_until": instant + timedelta(days=3650),
            "run_id": f"run{instant:%d}",
        }
        told = {"band": band(risk), "rank": rank, "value_at_risk": round(risk * 1000 * (number + 1), 2)}
        rows += [
            {**same, "horizon_days": 60, "probability": risk, **told},
            {**same, "horizon_days": 30, "probability": risk / 2, "rank": rank},
        ]
    return rows


def fill(connection: Any) -> None:
    """Write scores of two instants, customers, contracts and tickets into an empty warehouse."""
    create(connection)
    connection.execute("CREATE SCHEMA accepted")
    for name in ACCEPTED["tables"]:
        columns = ", ".join(f"{column.name} {TYPES[column.type]}" for column in TABLES[name].all_columns)
        connection.execute(f"CREATE TABLE accepted.{name} ({columns})")
    for instant in (BEFORE, NEWEST):
        insert(connection, "scores.churn_scores", scores(instant))
        run = {"run_id": f"run{instant:%d}", "as_of": instant, "model_name": "churn_demo", "model_version": "1"}
        counts = {"eligible": 100, "scored": CUSTOMERS, "excluded": 10, "failed": 0, "status": "finished"}
        insert(connection, "scores.score_runs", [{**run, **counts, "finished_at": instant + timedelta(hours=2)}])
    insert(connection, "accepted.customers", [customer(number) for number in range(CUSTOMERS)])
    insert(connection, "accepted.contracts", [_contract(number) for number in range(CUSTOMERS)])
    insert(connection, "accepted.tickets", [_ticket(number) for number in range(CUSTOMERS)])
    _tell(connection)
    mart_actions.act(connection, insert)
    mart_actions.try_out(connection, insert)
    mart_actions.divide(connection)


def _contract(number: int) -> dict[str, Any]:
    began = NEWEST - timedelta(days=100)
    terms = {"plan": "team", "billing_period": "month", "monthly_price": 100.0 + number, "list_price": 120.0 + number}
    return {
        "contract_id": f"K{number}",
        "customer_id": f"C{number:04d}",
        "started_at": began,
        "ends_at": began + timedelta(days=365),
        "known_at": began,
        **terms,
    }


def _ticket(number: int) -> dict[str, Any]:
    """A ticket of each customer; that of customer 5 was entered after the newest instant."""
    opened = NEWEST - timedelta(days=3)
    known = NEWEST + timedelta(days=1) if number == 5 else opened
    what = {"ticket_type": "complaint", "priority": "high", "text": SCRIPT, "resolved_at": NEWEST + timedelta(days=2)}
    return {"ticket_id": f"T{number}", "customer_id": f"C{number:04d}", "opened_at": opened, "known_at": known, **what}


def _tell(connection: Any) -> None:
    """Write reasons, moves and levers of everyone in band high."""
    key = {"as_of": NEWEST, "horizon_days": 60, "model_version": "1"}
    topics = ("usage__logins__30d", "contracts__days_to_end__ever", "payments__late_payments__90d")
    told: dict[str, list[dict[str, Any]]] = {"reasons": [], "moves": [], "levers": []}
    for row in (row for row in scores(NEWEST) if row.get("band") == "high"):
        said = {"value": "2", "sentence_en": "Why so.", "sentence_zh": "原因如此。"}
        same = {"customer_id": row["customer_id"], **key, **said}
        told["reasons"] += [
            {**same, "position": position, "signal": signal, "contribution": 1.0 / position}
            for position, signal in enumerate(topics[: 1 + row["rank"] % 3], start=1)
        ]
        told["moves"].append({**same, "position": 1, "signal": topics[0], "change": 0.1})
        told["levers"].append({**same, "position": 1, "lever": "outreach", "change": -0.1})
    for name, rows in told.items():
        insert(connection, f"scores.churn_{name}", rows)


def insert(connection: Any, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows that each have the columns that they have."""
    for columns in dict.fromkeys(tuple(row) for row in rows):
        alike = [row for row in rows if tuple(row) == columns]
        marks = ", ".join(f"({', '.join('?' * len(columns))})" for _ in alike)
        values = [value for row in alike for value in row.values()]
        connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {marks}", values)


def built(folder: Path, accepted: dict[str, Any] = ACCEPTED) -> Project:
    """Put a warehouse and its mart into a folder; give the project."""
    project = project_in(folder)
    shutil.copytree(project_in(Path(_made(accepted["flat"]).name)).home, project.home)
    return project


@cache
def _made(is_flat: bool) -> TemporaryDirectory[str]:
    """Make them once in a process: that takes a second."""
    folder = TemporaryDirectory()
    project = project_in(Path(folder.name))
    with warehouse(project.home) as connection:
        fill(connection)
        build(connection, project, FLAT if is_flat else ACCEPTED)
    return folder
