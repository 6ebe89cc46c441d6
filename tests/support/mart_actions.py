"""Alerts, actions, an experiment and segments of the small warehouse, each known beforehand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pipelines.warehouse import actions, outbox
from pipelines.warehouse import experiments as ledger

DAY = datetime(2026, 11, 1)
RULES = {"many_tickets": ("support", "high"), "renewal_talk_late": ("sales", "medium")}
MOVES = [
    ("general_keep", "general_keep", 20),
    ("general_keep", "important_keep", 7),
    ("important_keep", "general_win_back", 3),
    ("(none)", "important_keep", 5),
]
EXPERIMENT = "call_at_risk"
"""Name of the plan in conf/demo.yaml."""


def act(connection: Any, insert: Any) -> None:
    """Write alerts of customers 0 to 11, every third escalated, and an action of customers 0 to 5 in several states."""
    actions.create(connection)
    said = {"sentence_en": "Say so.", "sentence_zh": "情况如此。", "state": "open", "fired_as_of": DAY}
    alerts = []
    for number in range(12):
        rule = list(RULES)[number % 2]
        owner, severity = RULES[rule]
        known = {"alert_id": f"A{number:02d}", "customer_id": f"C{number:04d}", "rule": rule, "owner": owner}
        alerts.append({**known, "severity": severity, "escalated_to": None if number % 3 else "managers", **said})
    insert(connection, "actions.alerts", alerts)
    states = ["planned", "planned", "failed", "sent", "delivered", "held_back"]
    insert(
        connection,
        "actions.planned_actions",
        [
            {
                "action_id": f"T{number}", "customer_id": f"C{number:04d}", "playbook": "visit_key_account",
                "as_of": DAY, "action": "visit", "channel": "visit", "owner": "sales",
                "planned_for": date(2026, 11, 2 + number),
                "due": date(2026, 11, 4 + number) if number else date(2026, 10, 20), "cost": 800.0,
                "expected_value": 1000.0 + number, "arm": "control" if state == "held_back" else "treated",
                "message_en": "Visit.", "message_zh": "请拜访。", "state": state,
            }
            for number, state in enumerate(states)
        ],
    )  # fmt: skip

    outbox.create(connection)
    sent = {"key": "K3", "action_id": "T3", "customer_id": "C0003", "state": "sent", "attempts": 1}
    insert(connection, "actions.outbox", [{**sent, "sent_at": datetime(2026, 11, 2, 9)}])


def try_out(connection: Any, insert: Any) -> None:
    """Write an experiment of 100 customers, 70 treated, with its effects, balance and decision."""
    ledger.create(connection)
    people = [
        {"experiment": EXPERIMENT, "customer_id": f"X{number}", "arm": "treated" if number < 70 else "control",
         "stratum": "high", "assigned_at": DAY}
        for number in range(100)
    ]  # fmt: skip
    insert(connection, "actions.experiment_assignments", people)
    same = {"experiment": EXPERIMENT, "measure": "retained", "treated": 70, "control": 30}
    known = {"treated_mean": 0.9, "control_mean": 0.8, "estimate": 0.1, "low": 0.02, "high": 0.18, "verdict": "more"}
    few = {"verdict": "too_few"}
    insert(
        connection,
        "actions.experiment_effects",
        [{**same, "segment": "all", **known}, {**same, "segment": "high", **few}],
    )
    arms = {"experiment": EXPERIMENT, "name": "score_before", "value": "", "treated": 0.2, "control": 0.21}
    insert(connection, "actions.experiment_balance", [{**arms, "difference": -0.05, "is_large": False}])
    decision = {"experiment": EXPERIMENT, "playbook": "visit_key_account", "month": "2026-11", "assigned": 100}
    money = {
        "margin_kept": 9000.0,
        "variable_cost": 2000.0,
        "fixed_cost": 1000.0,
        "roi": 2.0,
        "roi_low": 0.5,
        "roi_high": 3.5,
    }
    reason = {"decision": "keep", "reason_en": "It pays.", "reason_zh": "值得继续。"}
    insert(
        connection,
        "actions.experiment_decisions",
        [{**decision, "measured": 100, "ratio_p_value": 0.5, **money, **reason}],
    )


def divide(connection: Any) -> None:
    """Write RFM classes of customers 0 to 29, and who moved between classes in October."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS business")
    connection.execute(
        """
        CREATE TABLE business.customer_segments AS
        SELECT printf('C%04d', n) AS customer_id, CASE WHEN n < 10 THEN 'important_keep' ELSE 'general_keep' END
               AS rfm_class, 'mature' AS lifecycle_stage, 'gold' AS tier FROM range(30) t(n)
        """
    )
    connection.execute(
        "CREATE TABLE business.segment_movements (period VARCHAR, segmentation VARCHAR, segment_from VARCHAR, "
        "segment_to VARCHAR, customers BIGINT, share DOUBLE)"
    )
    for begin, end, customers in MOVES:
        everyone = sum(each[2] for each in MOVES if each[0] == begin)
        row = ["2026-10", "rfm_class", begin, end, customers, customers / everyone]
        connection.execute("INSERT INTO business.segment_movements VALUES (?, ?, ?, ?, ?, ?)", row)
        connection.execute("INSERT INTO business.segment_movements VALUES ('2026-09', ?, ?, ?, 1, 1)", row[1:4])
