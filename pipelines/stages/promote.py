"""Let the new model challenge the champion, on the same later rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Project, PromoteSettings
from pipelines.console import Progress
from pipelines.errors import GateFailed
from pipelines.stage import stage
from pipelines.tracking import Tracking, model_name

if TYPE_CHECKING:
    import pandas as pd


@stage(writes=["champion"], sections=("tracking",))
def promote(
    project: Project,
    settings: PromoteSettings,
    progress: Progress,
    tracking: Tracking,
    panel: Path,
    labels: pd.DataFrame,
    calendar: dict[str, Any],
    trained: Path,
    judged: dict[str, Any],
) -> dict[str, Any]:
    """Register the best model as challenger; make it champion if its gates pass and it beats the champion."""
    from pipelines.promotion_notes import Outcome, tell
    from pipelines.registry import CHALLENGER, CHAMPION, PREVIOUS, log_model, register, version_of

    name, run_id = model_name(project), judged["run_id"]
    progress("logging the model")
    record = json.loads((trained / "training.json").read_text(encoding="utf-8"))
    uri = log_model(tracking, run_id, trained / "models" / judged["best"], record["kinds"])
    gates = [*judged["gates"], *saved_model_gates(tracking, uri, project.evaluate.gates)]
    blocked = [gate for gate in gates if gate["status"] == "failed" and gate["severity"] == "block"]
    tags = {"family": judged["best"], "cutoff": str(calendar["test_cutoff"]), "project": project.name}
    version = register(tracking, name, uri, run_id, tags)
    client = tracking.client()
    client.set_registered_model_alias(name, CHALLENGER, version)
    champion = version_of(tracking, name, CHAMPION)
    if blocked:
        for gate in blocked:
            client.set_model_version_tag(name, version, f"gate.{gate['code']}", gate["found"][:400])
        tell(tracking, project, judged, Outcome(name, version, _failed(blocked), "blocked", champion))
        raise GateFailed(f"Version {version} fails {_failed(blocked)}", do=blocked[0]["do"].rstrip("."))
    decision = _decide(tracking, settings, champion, judged, trained, (project, panel, labels, calendar))
    for key, value in decision.items():
        client.set_model_version_tag(name, version, f"decision.{key}", str(value))
    previous = version_of(tracking, name, PREVIOUS)
    if decision["promote"]:
        if champion is not None:
            client.set_registered_model_alias(name, PREVIOUS, champion.version)
        client.set_registered_model_alias(name, CHAMPION, version)
    standing = "champion" if decision["promote"] else "challenger"
    tell(tracking, project, judged, Outcome(name, version, decision["reason"], standing, champion, previous))
    chosen = version if decision["promote"] or champion is None else str(champion.version)
    progress.note(f"{name} version {chosen} is champion: {decision['reason']}")
    return {"name": name, "version": chosen, "challenger": version, "decision": decision}


def saved_model_gates(tracking: Tracking, uri: str, limits: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Check the gates that look at the model as it was saved, which judging could not see yet."""
    from dataclasses import asdict

    from evaluation.gates import Evidence, run_gates
    from pipelines.registry import has_signature

    findings = run_gates(Evidence(signature_present=has_signature(tracking, uri)), limits)
    return [asdict(finding) for finding in findings if finding.status != "not_applicable"]


def _failed(blocked: list[dict[str, Any]]) -> str:
    return f"{', '.join(gate['code'] for gate in blocked)}: {blocked[0]['found'].rstrip('.')}"


def _decide(
    tracking: Tracking,
    settings: PromoteSettings,
    champion: Any | None,
    judged: dict[str, Any],
    trained: Path,
    source: tuple[Project, Path, pd.DataFrame, dict[str, Any]],
) -> dict[str, Any]:
    """Compare challenger and champion by paired bootstrap of log loss on the test slice."""
    import pandas as pd

    from evaluation.model.bootstrap import paired_difference
    from pipelines.registry import model_folder
    from pipelines.rows import labelled_rows
    from training.errors import TrainingError
    from training.model import load_model

    if champion is None:
        return {"promote": True, "reason": "the first champion"}
    if str(champion.tags.get("cutoff")) > str(judged["calendar"]["test_cutoff"]):
        return {"promote": False, "reason": f"version {champion.version} has learnt from these test rows; it stays"}
    rows = labelled_rows(*source)
    test = rows.examples.take(rows.split.test)
    challenger = pd.read_parquet(trained / "test_predictions.parquet")
    try:
        old = load_model(model_folder(tracking, champion)).predict(test.features)
    except TrainingError as error:
        return {"promote": True, "reason": f"the old champion cannot score these signals ({error.given})"}
    difference = paired_difference(
        test.label, challenger[judged["best"]].to_numpy(), old, test.customer, metric="log_loss", level=settings.level
    )
    better = bool(difference.low > -settings.margin)
    doubt = "" if better else "the challenger is not surely better: "
    reason = (
        f"{doubt}log loss better by {difference.estimate:+.4f} than version {champion.version} "
        f"({settings.level:.0%} interval {difference.low:+.4f} to {difference.high:+.4f})"
    )
    return {
        "promote": better,
        "reason": reason,
        "difference": difference.estimate,
        "low": difference.low,
        "high": difference.high,
    }
