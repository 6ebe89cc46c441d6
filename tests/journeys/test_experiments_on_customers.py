"""What a person types to find out whether acting helps, on a finished line of the demo company."""

import re

import duckdb
import pytest
from finished_lines import copied
from typer.testing import CliRunner

from pipelines.cli import app

pytestmark = pytest.mark.journey
PLAN = "experiments.plans.call_at_risk"


@pytest.fixture
def typed(demo_workspace, tmp_path, monkeypatch):
    """Type a command on a copy of the line, whose experiment takes part of everybody."""
    project = copied(demo_workspace, tmp_path / "own")().project
    settings = {
        "workspace": project.workspace,
        "data.root": project.data.root,
        f"{PLAN}.bands": "[high, medium, low]",
        f"{PLAN}.size": 150,
        f"{PLAN}.smallest_effect": 0.01,
        "simulate.customers": 400,
    }
    for key, value in settings.items():
        monkeypatch.setenv("CHURNLAB__" + key.upper().replace(".", "__"), str(value))

    def run(*words):
        return CliRunner().invoke(app, ["experiments", *words, "-p", str(demo_workspace.conf)])

    return run, project.home / "warehouse.duckdb"


def test_from_design_to_decision(typed):
    run, warehouse = typed

    design, first, again = run("design", "call_at_risk"), run("assign", "call_at_risk"), run("assign", "call_at_risk")
    early = run("show", "call_at_risk")
    played = run("rehearse", "call_at_risk")
    shown, listed, review = run("show", "call_at_risk", "-l", "zh"), run("list"), run("review")

    assert "chance to find it with 150" in design.output
    new, _, _, before = map(int, re.findall(r"\d+", first.output))
    assert (new > 0, before > 0, new + before) == (True, True, 150), "who was acted on by the line was in before"
    assert "0 new customers: 0 treated, 0 left alone; 150 were in already" in again.output
    assert early.exit_code == 5
    assert played.exit_code == 0, played.output
    assert "致电有风险的客户" in shown.output
    assert "留存" in shown.output
    assert "150" in listed.output
    assert "2026-12" in review.output
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counts = connection.execute(
            """SELECT count(*), count(DISTINCT a.customer_id), count(*) FILTER (a.arm = 'control' AND o.reached)
            FROM actions.experiment_assignments a JOIN actions.experiment_outcomes o USING (experiment, customer_id)
            WHERE experiment = 'call_at_risk'"""
        ).fetchone()
    assert counts == (150, 150, 0)


def test_a_mistake_is_told_in_three_lines(typed):
    run, _ = typed

    wrong, soon = run("design", "call_at_risc"), run("measure", "call_at_risk")

    assert (wrong.exit_code, soon.exit_code) == (2, 5)
