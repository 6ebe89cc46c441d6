"""The commands that run stages."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import Any

from pipelines.config import load_project
from pipelines.console import Console
from pipelines.exported.command import instant
from pipelines.ports import check_port
from pipelines.runner import Runner


def run_line(project_name: str, overrides: list[str], force: bool, quiet: bool, wait_s: float = 0.0) -> None:
    """Run the whole line of a project and say what came of it."""
    runner = runner_of(project_name, overrides, force, quiet, wait_s)
    runner.console.line(f"ChurnLab · {runner.project.title['en']} · {runner.project.title['zh']}")
    runner.line()
    _summary(runner)


def run_stage(
    name: str,
    project_name: str,
    overrides: list[str],
    force: bool,
    quiet: bool,
    as_of: str | None = None,
    wait_s: float = 0.0,
) -> None:
    """Run one stage of a project."""
    runner = runner_of(project_name, overrides, force, quiet, wait_s)
    runner.as_of = None if as_of is None else instant(as_of)
    runner.alone(name)
    if name == "act" and runner.project.outbox.enabled:
        runner.alone("outbox")
    if name == "score":
        runner.alone("mart")
    if name == "score" and runner.project.deliver.destinations:
        runner.alone("deliver")
    if name == "validate":
        _usability(runner)


def _usability(runner: Runner) -> None:
    """Say what the data can be used for, and where the pages are."""
    from pipelines.validation.usability import rows

    runner.console.line("")
    for what, said in rows(runner.store.load("accepted")["usability"]):
        runner.console.line(f"{what:<18} {said}")
    runner.console.line(f"{'pages':<18} {runner.project.home / 'reports'}: data.html, checks.html")


def open_ui(project_name: str, port: int) -> None:
    """Serve the MLflow UI of a project on this machine alone until it is stopped."""
    from pipelines.tracking import Tracking

    check_port(port)
    tracking = Tracking(load_project(project_name))
    uri, page = tracking.uri, tracking.page()
    print(f"MLflow on http://127.0.0.1:{port}/{page} (Ctrl-C ends it; the first page takes half a minute)")
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri, "--host", "127.0.0.1"]
    # In place of this process, so that whatever ends it ends the server; its job workers serve nothing here.
    sys.stdout.flush()
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    os.execve(command[0], [*command, "--port", str(port), "--workers", "1"], environment)


def runner_of(project_name: str, overrides: list[str], force: bool, quiet: bool, wait_s: float) -> Runner:
    """Give what runs the stages of a project, with libraries kept from talking over it."""
    project = load_project(project_name, overrides)
    hush()
    return Runner(project, Console(quiet), force, wait_s)


def hush() -> None:
    """Keep libraries from talking over the lines that people read."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("TQDM_DISABLE", "1")
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", module=r"mlflow\.")  # Advice to who logs a model, in colours and with paths.
    for name in ("great_expectations", "mlflow", "alembic", "optuna"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _summary(runner: Runner) -> None:
    """The table that ends a line."""
    judged, scored = runner.store.load("judged"), runner.store.load("scored")
    champion = runner.store.load("champion")
    rows = [_model_row(family, figures, judged) for family, figures in judged["test"].items()]
    best = judged["test"][judged["best"]]
    runner.console.line("")
    runner.console.line(_answer(runner, best, scored))
    columns = ("model", "AUC", "PR-AUC", "log loss", "lift at 10 %")
    runner.console.table(
        f"On {best['rows']:,.0f} customers that no model has seen · base rate {best['base_rate']:.1%}", columns, rows
    )
    truth = _truth_row(runner)
    if truth:
        runner.console.line(truth)
    runner.console.line(
        f"Champion: {champion['name']} version {champion['version']} ({champion['decision']['reason']})"
    )
    runner.console.line(
        f"Scores:   {scored['scored']:,} in {runner.project.home / 'warehouse.duckdb'}, table scores.churn_scores"
    )
    flag = "" if runner.project.name == "demo" else f" -p {runner.project.name}"
    runner.console.line(f"Report:   {runner.project.home / 'reports' / 'model.html'}, how good the model is and why")
    runner.console.line(f"Next:     churnlab risks{flag} lists who and why · churnlab ui{flag} opens the runs")


def _model_row(family: str, figures: dict[str, Any], judged: dict[str, Any]) -> tuple[str, ...]:
    mark = " ★" if family == judged["best"] else ""
    return (
        family + mark,
        f"{figures['roc_auc']:.3f}",
        f"{figures['pr_auc']:.3f}",
        f"{figures['log_loss']:.3f}",
        f"{figures['lift_at_10pct']:.2f}",
    )


def _answer(runner: Runner, best: dict[str, Any], scored: dict[str, Any]) -> str:
    label = runner.project.label
    when = "" if label is None else f" in the next {label.gap_days + label.horizon_days} days"
    high = scored["bands"].get("high", 0)
    who = f"{high:,} of {scored['scored']:,} customers"
    return f"{who} are likely to leave{when} (band high, as of {scored['as_of'][:10]})."


def _truth_row(runner: Runner) -> str:
    """How good the best possible model could be, where the truth is known."""
    from pipelines.commands.truth import best_possible_auc

    auc = best_possible_auc(runner.project, runner.store)
    return (
        ""
        if auc is None
        else f"The true hazard of the simulation, the best anyone could do, has AUC {auc:.3f} on these customers."
    )
