"""An experiment played on the demo company, whose customers' responses to treatment are known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipelines.act_books import ActBooks
from pipelines.commands.experiments import find_plan, show_experiment, write_results
from pipelines.config import Project, load_project
from pipelines.config_experiments import ExperimentPlan
from pipelines.errors import ConfigError, NotReady
from pipelines.lock import workspace_lock
from pipelines.warehouse import experiments as ledger
from pipelines.warehouse.duckdb_file import warehouse

if TYPE_CHECKING:
    import pandas as pd

REACHED_SHARE = 0.85
"""Share of the treated whom a call reaches."""


def rehearse_experiment(project_name: str, name: str, seed: int) -> None:
    """Draw what happens to the assigned customers from the truth, and write effects and decision."""
    project = load_project(project_name)
    plan = find_plan(ActBooks.of(project), name)
    if project.simulate is None:
        raise ConfigError(
            f"'{project_name}' is no simulated company, so that nobody knows how its customers would respond",
            allowed="a project with the section simulate, such as demo",
            do=f"churnlab experiments measure {name}, which reads what happened",
        )
    with workspace_lock(project.home, "experiments rehearse"), warehouse(project.home) as connection:
        assigned = ledger.rows_of(connection, ledger.ASSIGNMENTS, name)
        if assigned.empty:
            raise NotReady(f"Nobody is assigned to '{name}'", do=f"churnlab experiments assign {name}")
        made = played(project, plan, assigned, seed)
        write_results(connection, project, name, plan, made, made["measured_until"].max())
    show_experiment(project_name, name, "en")


def played(project: Project, plan: ExperimentPlan, assigned: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draw the outcomes of assigned customers; who is not reached behaves as if left alone."""
    import numpy as np
    import pandas as pd

    from pipelines.demo import true_response

    truth = project.data.root.parent / "truth"
    if not (truth / "responses.parquet").is_file():
        raise NotReady(f"{truth} does not say how customers respond to a call", do="run: churnlab simulate --force")
    instants = [pd.Timestamp(instant).to_pydatetime() for instant in assigned["assigned_at"].unique()]
    known = true_response(truth, instants, plan.window_days, "call")
    rows = assigned.merge(known, left_on=["customer_id", "assigned_at"], right_on=["customer_id", "cutoff"])
    random = np.random.default_rng(seed)
    reached = (rows["arm"] == "treated") & (random.random(len(rows)) < REACHED_SHARE)
    leaves = np.where(reached, rows["treated"], rows["untreated"])
    return pd.DataFrame(
        {
            "experiment": rows["experiment"],
            "customer_id": rows["customer_id"],
            "measured_until": rows["assigned_at"] + timedelta(days=plan.window_days),
            "reached": reached,
            "retained": random.random(len(rows)) >= leaves,
            "repurchased": None,
            "revenue": float("nan"),
            "cost": reached * plan.contact_cost,
        }
    )
