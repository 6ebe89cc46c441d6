"""The command that tells what would be decided, and writes nothing."""

from __future__ import annotations

from pipelines.act_job import ActJob
from pipelines.actions.decide import Decision
from pipelines.artifacts import Store
from pipelines.config import load_project
from pipelines.console import Console
from pipelines.errors import ConfigError, NotReady

LANGUAGES = ("en", "zh")
SHOWN = 15


def try_act(project_name: str, overrides: list[str], language: str) -> None:
    """Decide, show it, and take it back.

    Raises
    ------
    ConfigError
        If the language is another, or the project has no times.
    NotReady
        If nothing has been scored.
    """
    if language not in LANGUAGES:
        raise ConfigError(f"--language {language} is unknown", allowed=", ".join(LANGUAGES), do="choose one")
    project, console = load_project(project_name, overrides), Console()
    if project.is_flat:
        raise ConfigError("A flat table has no time, so that no rule can fire", allowed="tables with times")
    store = Store(project.home / "artifacts")
    if not store.exists("scored"):
        raise NotReady("Nothing has been scored yet", do=f"run: churnlab run -p {project.name}")
    job = ActJob.of(project, store.load("accepted"), store.load("export"), store.load("scored"))
    with console.stage("act") as progress:
        decision = job.run(progress, keep=False)
        progress.note(job.told(decision))
    for warning in job.warnings(decision):
        console.line(warning)
    _show(decision, console, language)
    console.line(f"Nothing was written. churnlab act -p {project.name} decides.")


def _show(decision: Decision, console: Console, language: str) -> None:
    actions = decision.actions
    if actions.empty:
        return
    figures = ["actions", "held_back", "cost", "expected_value"]
    counted = actions.assign(held_back=actions["arm"] == "control", actions=1)
    found = counted.groupby(["playbook", "owner", "channel"], sort=False)[figures].sum()
    rows = [
        (*names, *(f"{figure:,.0f}" for figure in (count - held, held, cost, kept)))
        for names, (count, held, cost, kept) in zip(found.index, found.to_numpy(), strict=True)
    ]
    heads = ("playbook", "owner", "channel", "planned", "held back", "cost", "value kept")
    console.table("What would be planned", heads, rows, texts=("owner", "channel"))
    first = actions.sort_values("expected_value", ascending=False, kind="stable").head(SHOWN)
    most = [
        (each["customer_id"], each["playbook"], f"{each['expected_value']:,.0f}", each[f"message_{language}"])
        for each in first.to_dict("records")
    ]
    columns = ("customer", "playbook", "value kept", "message")
    console.table("The most valuable", columns, most, texts=("playbook", "message"))
