"""Let the new model challenge the champion, on the same later rows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.config_promote import PromoteSettings
from pipelines.console import Progress
from pipelines.errors import ConnectionFailed, GateFailed
from pipelines.stage import stage
from pipelines.tracking import Tracking, model_name

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.promotion.decision import Case, Decision

SETTLED = "settled"
DECISION = "decision."


def _still_champion(project: Project, tracking: Tracking, made: dict[str, Any]) -> bool:
    """Whether the registry still names the champion that the stage left; where it does not answer nothing is known."""
    from pipelines.registry import CHAMPION, version_of

    try:
        champion = version_of(tracking, made["name"], CHAMPION)
    except ConnectionFailed:
        return True
    return champion is not None and str(champion.version) == made["version"]


@stage(writes=["champion"], sections=("tracking", "evaluate"), holds=_still_champion)
def promote(
    project: Project,
    settings: PromoteSettings,
    progress: Progress,
    tracking: Tracking,
    accepted: dict[str, Any],
    panel: Path,
    labels: pd.DataFrame,
    calendar: dict[str, Any],
    trained: Path,
    judged: dict[str, Any],
) -> dict[str, Any]:
    """Register the best model as challenger; make it champion if its gates pass and it beats rule and champion."""
    from pipelines.judging.material import read_material
    from pipelines.promotion.decision import Case
    from pipelines.promotion.entering import enter, together
    from pipelines.promotion.succession import mend
    from pipelines.registry import CHALLENGER

    name = model_name(project)
    mend(tracking, name)
    material = read_material(project, project.evaluate, panel, labels, calendar, accepted, trained)
    progress("registering the model")
    entered = enter(tracking, name, material, judged)
    tracking.client().set_registered_model_alias(name, CHALLENGER, entered.version.version)
    case = Case(project, settings, tracking, material, panel, together(judged["gates"], entered.gates))
    return _settle(case, judged, name, str(entered.version.version), progress)


def _settle(case: Case, judged: dict[str, Any], name: str, number: str, progress: Progress) -> dict[str, Any]:
    """Decide once about a version under the same settings and findings; later only the registry is followed."""
    from pipelines.promotion.decision import decide
    from pipelines.promotion.succession import crown
    from pipelines.registry import CHAMPION, version_of

    tracking = case.tracking
    version, champion = tracking.client().get_model_version(name, number), version_of(tracking, name, CHAMPION)
    is_settled = version.tags.get(SETTLED) == case.ruling
    if is_settled and champion is not None and not case.blocked:
        progress.note(f"{name} version {champion.version} is champion; version {number} was decided before")
        return _record(name, str(champion.version), number, version.tags.get("decision.reason", "decided before"))
    decision = decide(case, version, champion)
    if not is_settled:
        _write_tags(case, name, version, decision)
    if decision.promote:
        crown(tracking, name, number)
    if not is_settled:
        _tell(case, judged, name, number, decision)
        tracking.client().set_model_version_tag(name, number, SETTLED, case.ruling)
    serving = number if decision.promote else None if champion is None else str(champion.version)
    if serving is not None and decision.standing != "blocked":
        progress.note(f"{name} version {serving} is champion: {decision.reason}")
        return _record(name, serving, number, decision.reason)
    raise GateFailed(f"Version {number} is not promoted. {decision.reason}", do=_remedy(case))


def _write_tags(case: Case, name: str, version: Any, decision: Decision) -> None:
    """Write the numbers of a decision on its version in place of earlier ones, before anything follows from them."""
    from pipelines.promotion.appointment import BLOCKED

    client = case.tracking.client()
    tags = {f"{DECISION}{key}": str(value) for key, value in decision.record().items()}
    for key in version.tags:
        if key.startswith(DECISION) and key not in tags:
            client.delete_model_version_tag(name, version.version, key)
    for key, value in {**tags, BLOCKED: ",".join(gate["code"] for gate in case.blocked)}.items():
        client.set_model_version_tag(name, version.version, key, value)


def _tell(case: Case, judged: dict[str, Any], name: str, number: str, decision: Decision) -> None:
    """Write the decision where people look: MLflow's pages, the run's artifacts and the project's reports."""
    from pipelines.promotion import record
    from pipelines.promotion.notes import Outcome, tell

    outcome = Outcome(name, number, decision.reason, decision.standing)
    tell(case.tracking, case.project, judged, outcome)
    now = datetime.now(UTC)
    text = record.entry(outcome.verdict, now, "by comparison", decision.record(), case.gates)
    record.keep(case.project.home / "reports", text)
    with case.tracking.run(judged["run_id"]) as mlflow:
        mlflow.log_text(record.TITLE + "\n" + text, f"promotion/version_{number}.md")


def _remedy(case: Case) -> str:
    if case.blocked:
        return str(case.blocked[0]["do"]).rstrip(".")
    return "add signals or data, or set evaluate.gates: {CHN003: {severity: warn}} to use it all the same"


def _record(name: str, serving: str, challenger: str, reason: str) -> dict[str, Any]:
    """Say who serves and why; the numbers stand with the version."""
    promoted = serving == challenger
    return {
        "name": name,
        "version": serving,
        "challenger": challenger,
        "decision": {"promote": promoted, "reason": reason},
    }
