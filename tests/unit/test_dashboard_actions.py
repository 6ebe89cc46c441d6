"""Alerts, actions, experiments and movement: what the mart holds of them, and what the pages say."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import mart_actions
import marts
import pytest

from pipelines.dashboard import acted
from pipelines.dashboard.access import Viewer
from pipelines.dashboard.store import opened

pytest.importorskip("streamlit", reason="Streamlit is not installed")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return marts.built(tmp_path_factory.mktemp("acted"), marts.FLAT)


@pytest.fixture(scope="module")
def mart(project):
    with opened(project.home, Viewer()) as found:
        yield found


def test_totals_count_what_is_open(mart) -> None:
    assert acted.totals(mart) == {
        "alerts": 12, "high": 6, "customers": 12, "escalated": 4, "tasks": 2, "failed": 1,
    }  # fmt: skip


def test_teams_have_names_and_their_work(mart) -> None:
    found = {row["team"]: row for row in acted.teams(mart)}
    assert {team: (row["alerts"], row["high"], row["tasks"]) for team, row in found.items()} == {
        "sales": (6, 0, 4),
        "support": (6, 6, 0),
    }
    assert found["support"]["said_zh"] == "客服"


def test_the_gravest_alerts_come_first_with_rule_and_due_day(mart) -> None:
    rows = acted.open_alerts(mart, None, 100)
    assert [row["severity"] for row in rows] == ["high"] * 6 + ["medium"] * 6
    assert [row["alert_id"] for row in rows[:2]] == ["A00", "A06"]  # Escalated ones before the others.
    assert (rows[0]["rule_zh"], rows[0]["alert_owner_zh"]) == ("一个月内多次提交工单", "客服")
    due = {row["alert_id"]: row["action_due_date"] for row in rows}
    # What is over or held back is not due any more.
    assert due == {f"A{n:02d}": None for n in range(12)} | {
        "A00": date(2026, 10, 20), "A01": date(2026, 11, 5), "A02": date(2026, 11, 6), "A03": date(2026, 11, 7),
    }  # fmt: skip
    assert {row["alert_owner"] for row in acted.open_alerts(mart, "sales", 100)} == {"sales"}
    assert acted.open_alerts(mart, "' OR 1=1 --", 100) == []


def test_rules_count_their_alerts(mart) -> None:
    rows = acted.rules(mart, None, 9)
    assert [(row["rule_en"], row["alerts"], row["escalated"]) for row in rows] == [
        ("Many tickets in a month", 6, 2),
        ("Renewal near and no offer made", 6, 2),
    ]


def test_what_could_not_be_sent_comes_first_and_what_is_over_is_not_shown(mart) -> None:
    rows = acted.waiting(mart, None, 100)
    assert [row["action_id"] for row in rows] == ["T2", "T0", "T1", "T3"]
    assert [row["task_state_zh"] for row in rows] == ["发送失败", "已计划", "已计划", "已发送"]
    assert rows[0]["playbook_zh"] == "拜访高价值高风险客户"
    assert [row["sent_at"] for row in rows] == [None, None, None, datetime(2026, 11, 2, 9)]


def test_an_experiment_of_a_playbook_bears_its_title(tmp_path) -> None:
    from pipelines.mart.build import build
    from pipelines.warehouse.duckdb_file import warehouse

    project = marts.project_in(tmp_path)
    with warehouse(project.home) as connection:
        marts.fill(connection)
        person = {"experiment": "visit_key_account", "customer_id": "C1", "arm": "control"}
        marts.insert(connection, "actions.experiment_assignments", [{**person, "assigned_at": marts.NEWEST}])
        build(connection, project, marts.FLAT)
    with opened(project.home, Viewer()) as found:
        own = next(row for row in acted.experiments(found) if row["experiment"] == "visit_key_account")
    assert (own["title_zh"], own["window_days"], own["control"]) == ("拜访高价值高风险客户", 60, 1)
    assert own["starts_on"] == marts.NEWEST.date()


def test_a_late_day_is_said_and_marked() -> None:
    from pipelines.dashboard.views.actions import due

    late, open_day = due(date(2026, 10, 20), date(2026, 11, 1)), due(date(2026, 11, 3), date(2026, 11, 1))
    assert late.sign == "▲"
    assert "逾期" in late.words.zh
    assert not hasattr(open_day, "sign")
    assert due(None, date(2026, 11, 1)).zh == "–"


def test_an_owner_sees_alerts_and_actions_of_own_customers_alone(project) -> None:
    with opened(project.home, Viewer("bo", "Bo")) as own:
        assert acted.open_alerts(own, None, 100) == []  # A flat table knows no owners: nobody's customer is theirs.
        assert acted.totals(own)["tasks"] == 0


def test_an_experiment_is_told_with_its_plan(mart) -> None:
    (found,) = acted.experiments(mart)
    assert found | {"treated": 70, "control": 30, "assigned": 100, "measured": 100, "cost": 3000.0} == found
    assert (found["decision_zh"], found["wanted_customers"], found["title_zh"]) == ("继续", 280, "致电有风险的客户")
    effects = acted.effects(mart, mart_actions.EXPERIMENT)
    assert [(row["segment_name"], row["verdict_zh"]) for row in effects] == [
        ("all", "提高"),
        ("high", "人数太少，无法判断"),
    ]
    assert [row["is_large"] for row in acted.balance(mart, mart_actions.EXPERIMENT)] == [0]


def test_a_plan_without_customers_says_so(tmp_path) -> None:
    from pipelines.mart.build import build
    from pipelines.warehouse.duckdb_file import warehouse

    project = marts.project_in(tmp_path)
    with warehouse(project.home) as connection:
        marts.fill(connection)
        connection.execute("DROP SCHEMA actions CASCADE")
        build(connection, project, marts.FLAT)
    with opened(project.home, Viewer()) as found:
        (row,) = acted.experiments(found)
        assert (row["assigned"], row["decision"], row["title_en"]) == (0, None, "A call to customers at risk")
        assert acted.teams(found) == []


class TestMovement:
    """Who moved between RFM classes in October."""

    @pytest.fixture
    def told(self, mart) -> Any:
        from pipelines.dashboard.movement import movement

        return movement(mart, "rfm_class")

    def test_the_sentence_tells_the_share_and_the_most_frequent_move(self, told) -> None:
        # 10 of 30 who were in a class at both ends moved.
        assert told[0].zh == "2026-10 有 33% 的客户变动分组，最多的是由“一般保持客户”转为“重要保持客户”（7 位）。"

    def test_the_balance_adds_up(self, told) -> None:
        table = told[1][1]
        rows = {row[0].en: [cell.en for cell in row[1:]] for row in table.rows}
        assert rows == {
            "general, to keep": ["27", "74\N{NO-BREAK SPACE}%", "0", "7", "↓ 20"],
            "important, to keep": ["3", "0\N{NO-BREAK SPACE}%", "12", "3", "↑ 12"],
            "general, to win back": ["0", "–", "3", "0", "↑ 3"],
        }

    def test_what_does_not_move_has_none(self, mart) -> None:
        from pipelines.dashboard.movement import NONE, movement

        assert movement(mart, "tier") == (NONE, [])


def test_segments_of_customers_are_in_the_wide_table(mart) -> None:
    rows = mart.rows("SELECT rfm_class_zh, count(*) AS customers FROM churn_latest GROUP BY ALL ORDER BY ALL")
    assert {row["rfm_class_zh"]: row["customers"] for row in rows} == {"一般保持客户": 20, "重要保持客户": 10, None: 60}
