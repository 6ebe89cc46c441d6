"""A company of forty customers whose month can be counted by hand, with scores, alerts, actions and experiments.

All came in January 2025 but c38 and c39, who came in October 2026. c37 left in September 2025, c04 in August 2026 (and
was back on 20 October), c03 on 10 September, c00, c01 and c02 on the 5th, 15th and 25th of October 2026. So October
began with 35 customers; 3 left, 2 came, 1 came back, and it ended with 35.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from marts import insert
from measured_projects import accept, rows_of

from pipelines.business.book import refresh
from pipelines.config import Project, load_project
from pipelines.warehouse.actions import create as create_actions
from pipelines.warehouse.duckdb_file import warehouse
from pipelines.warehouse.experiments import create as create_experiments
from pipelines.warehouse.writing import create as create_scores

CONF = Path(__file__).parents[2] / "conf" / "demo.yaml"
BEGAN, END = datetime(2025, 1, 1), datetime(2026, 11, 1)
LEFT = {
    "c37": (datetime(2025, 9, 10), "no_need"),
    "c04": (datetime(2026, 8, 12), None),
    "c03": (datetime(2026, 9, 10), "price"),
    "c00": (datetime(2026, 10, 5), "price"),
    "c01": (datetime(2026, 10, 15), "price"),
    "c02": (datetime(2026, 10, 25), None),
}
CAME = {"c38": datetime(2026, 10, 10), "c39": datetime(2026, 10, 12)}
SCRIPT, FORMULA = "<script>alert(1)</script>", "=cmd()"
NAMES = {"c05": SCRIPT, "c06": FORMULA}
RUNS = (datetime(2026, 9, 1), datetime(2026, 10, 1), END)
RISKS = {
    RUNS[0]: {"c00": 0.5, "c01": 0.05, "c03": 0.4, "c05": 0.2},
    RUNS[1]: {"c00": 0.6, "c01": 0.3, "c02": 0.1, "c05": 0.25, "c06": 0.05},
    RUNS[2]: {"c05": 0.3, "c06": 0.1, "c07": 0.5},
}
NOT_SCORED = {RUNS[0]: {"c02"}}
LOW = 0.01
HORIZON = 60


def customers() -> list[str]:
    """Everyone who ever was one."""
    return [f"c{number:02d}" for number in range(40)]


def reviewed(folder: Path, *overrides: str, known: bool = True) -> Project:
    """Make the company's warehouse in a folder; without what came of scoring and acting where `known` is false."""
    settings = [f"workspace={folder}", "label.data_end=2026-11-01T00:00:00", *overrides]
    project = load_project(str(CONF), settings)
    accept(project.home, {"customers": _customers(), "contracts": _contracts()}, BEGAN, END)
    refresh(project)
    if known:
        with warehouse(project.home) as connection:
            create_scores(connection)
            create_actions(connection)
            create_experiments(connection)
            _fill(connection)
    return project


def copied(project: Project, folder: Path, *overrides: str) -> Project:
    """Copy a company, so that a test may change it."""
    shutil.copytree(project.home, folder / project.name)
    return load_project(str(CONF), [f"workspace={folder}", "label.data_end=2026-11-01T00:00:00", *overrides])


def band(risk: float) -> str:
    """Band of a risk, as the demo company has them."""
    return "high" if risk >= 0.15 else "medium" if risk >= 0.06 else "low"


def scored_at(instant: datetime) -> dict[str, float]:
    """Risk of everyone who was scored at an instant: who was a customer then."""
    here = [name for name in customers() if _is_customer(name, instant)]
    risks = {name: RISKS[instant].get(name, LOW) for name in here}
    return {name: risk for name, risk in risks.items() if name not in NOT_SCORED.get(instant, set())}


def worth(name: str) -> float:
    """Value of a customer."""
    return 1000.0 + 10 * int(name[1:])


def _is_customer(name: str, instant: datetime) -> bool:
    gone = LEFT.get(name, (END + timedelta(days=1), None))[0]
    back = name == "c04" and instant > datetime(2026, 10, 20)
    return CAME.get(name, BEGAN) < instant and (gone >= instant or back)


def _customers() -> str:
    rows = [
        {
            "customer_id": name,
            "signed_up_at": CAME.get(name, BEGAN),
            "name": NAMES.get(name, f"Firm {name}"),
            "industry": "retail",
            "owner": "Ada",
        }
        for name in customers()
    ]
    return rows_of("customers", rows)


def _contracts() -> str:
    rows = [_term(name, CAME.get(name, BEGAN), *LEFT.get(name, (None, None))) for name in customers()]
    return rows_of("contracts", [*rows, _term("c04", datetime(2026, 10, 20), None, None, "again")])


def _term(name: str, began: datetime, gone: datetime | None, reason: str | None, more: str = "") -> dict[str, Any]:
    terms = {"plan": "team", "billing_period": "year", "monthly_price": 100.0, "list_price": 100.0}
    ends = gone or datetime(2028, 1, 1)
    gave_notice = {"cancelled_at": gone, "cancel_reason": reason} if gone else {}
    return {
        "contract_id": f"K{name}{more}",
        "customer_id": name,
        "started_at": began,
        "ends_at": ends,
        "ended_at": gone,
        **gave_notice,
        **terms,
    }


def _fill(connection: Any) -> None:
    for instant in RUNS:
        risks = scored_at(instant)
        insert(connection, "scores.churn_scores", [_score(name, risk, instant) for name, risk in risks.items()])
        insert(connection, "scores.score_runs", [_run(instant, len(risks))])
    insert(connection, "scores.churn_reasons", [_reason("c05", "usage"), _reason("c07", "payments")])
    insert(connection, "scores.churn_moves", [_move("c05", "usage__logins__30d", 0.05, 0.2)])
    insert(connection, "actions.alerts", _alerts())
    insert(connection, "actions.planned_actions", _actions())


def _score(name: str, risk: float, instant: datetime) -> dict[str, Any]:
    return {
        "customer_id": name,
        "as_of": instant,
        "horizon_days": HORIZON,
        "model_version": "1",
        "probability": risk,
        "band": band(risk),
        "rank": 1,
        "valid_until": instant + timedelta(days=3650),
        "run_id": f"run{instant:%m%d}",
        "value": worth(name),
        "value_at_risk": worth(name) * risk,
    }


def _run(instant: datetime, scored: int) -> dict[str, Any]:
    told = {"run_id": f"run{instant:%m%d}", "as_of": instant, "model_name": "churn_demo", "model_version": "1"}
    counts = {"eligible": 40, "scored": scored, "excluded": 40 - scored, "failed": 0, "status": "finished"}
    return {**told, **counts, "finished_at": instant + timedelta(hours=2)}


def _reason(name: str, table: str) -> dict[str, Any]:
    key = {"customer_id": name, "as_of": END, "horizon_days": HORIZON, "model_version": "1", "position": 1}
    said = {"sentence_en": "Why so", "sentence_zh": "原因如此"}
    return {**key, "signal": f"{table}__logins__30d", "contribution": 1.0, **said}


def _move(name: str, signal: str, change: float, data: float) -> dict[str, Any]:
    key = {"customer_id": name, "as_of": END, "horizon_days": HORIZON, "model_version": "1", "position": 1}
    parts = {"from_data": data, "from_time": change - data, "from_model": 0.0}
    return {**key, "signal": signal, "change": change, **parts}


def _alerts() -> list[dict[str, Any]]:
    """Two on 1 September, of which one hit; three in October, one of them closed."""
    fired = [
        ("a1", "c00", "many_tickets", RUNS[0], "high", "open"),
        ("a2", "c05", "many_tickets", RUNS[0], "high", "open"),
        ("a3", "c05", "many_tickets", datetime(2026, 10, 15), "high", "open"),
        ("a4", "c06", "many_tickets", datetime(2026, 10, 15), "high", "done"),
        ("a5", "c05", "own_rule", END, "low", "open"),
    ]
    names = ("alert_id", "customer_id", "rule", "fired_as_of", "severity", "state")
    return [dict(zip(names, values, strict=True)) for values in fired]


def _actions() -> list[dict[str, Any]]:
    """Four of October: one overdue, one ahead, one done, one held back; and one of September."""
    planned = [
        ("p1", "c05", "care_call", datetime(2026, 10, 15), date(2026, 10, 16), date(2026, 10, 20), 40.0, "planned"),
        ("p2", "c06", "care_call", END, date(2026, 11, 3), date(2026, 11, 5), 40.0, "planned"),
        ("p3", "c07", "visit_key_account", END, date(2026, 11, 3), date(2026, 11, 5), 800.0, "done"),
        ("p4", "c08", "care_call", END, date(2026, 11, 3), date(2026, 11, 5), 40.0, "held_back"),
        ("p5", "c09", "care_call", RUNS[0], date(2026, 9, 3), date(2026, 9, 5), 40.0, "planned"),
    ]
    names = ("action_id", "customer_id", "playbook", "as_of", "planned_for", "due", "cost", "state")
    rows = [dict(zip(names, values, strict=True)) for values in planned]
    return [{**row, "owner": "customer_success", "channel": "phone", "expected_value": 100.0} for row in rows]


def measure_experiment(
    connection: Any, name: str, month: str, decision: str, effect: Sequence[float], **money: float
) -> None:
    """Write what an experiment showed: (estimate, low, high) of who stayed, and sums of money."""
    verdict = "too_few" if decision == "wait" else "more"
    keys = {"experiment": name, "measure": "retained", "segment": "all", "treated": 140, "control": 60}
    ends = dict(zip(("estimate", "low", "high"), effect, strict=True))
    shown = {**keys, **ends, "treated_mean": 0.9, "control_mean": 0.8, "verdict": verdict}
    insert(connection, "actions.experiment_effects", [shown])
    told: Mapping[str, Any] = {"experiment": name, "playbook": "care_call", "month": month, "decision": decision}
    counts = {"assigned": 200, "measured": 200, "reason_en": "So.", "reason_zh": "如此。"}
    insert(connection, "actions.experiment_decisions", [{**told, **counts, **money}])
