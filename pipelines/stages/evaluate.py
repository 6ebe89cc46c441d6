"""Judge every trained model on the test slice, which no model has seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import EvaluateSettings, Project
from pipelines.console import Progress
from pipelines.stage import stage
from pipelines.tracking import Tracking

if TYPE_CHECKING:
    import pandas as pd


@stage(writes=["judged", "judged_tables"], sections=("tracking", "train", "score", "title", "currency", "names"))
def evaluate(
    project: Project,
    settings: EvaluateSettings,
    scratch: Path,
    progress: Progress,
    tracking: Tracking,
    accepted: dict[str, Any],
    panel: Path,
    labels: pd.DataFrame,
    calendar: dict[str, Any],
    trained: Path,
) -> dict[str, Any]:
    """Judge ranking, probabilities, money, time, segments and reasons, and check the gates."""
    from pipelines.judging.judge import judge
    from pipelines.judging.log import log
    from pipelines.judging.material import read_material
    from pipelines.report.model_report import write_report
    from pipelines.report.terms import Judged

    progress("reading")
    material = read_material(project, settings, panel, labels, calendar, accepted, trained)
    judgement = judge(material, progress)
    progress("report")
    written = write_report(Judged(judgement.record, judgement.tables, project.value_names), project.home / "reports")
    progress("figures in MLflow")
    log(tracking, material, judgement.record, written)
    _say(progress, judgement.record)
    return {"judged": judgement.record, "judged_tables": judgement.write(scratch)}


def _say(progress: Progress, judged: dict[str, Any]) -> None:
    best, figures = judged["best"], judged["test"][judged["best"]]
    quality = f"AUC {figures['roc_auc']:.3f}, log loss {figures['log_loss']:.3f}"
    progress.note(f"{best}: {quality} on {figures['rows']:,.0f} unseen rows")
    for finding in judged["gates"]:
        if finding["status"] in ("failed", "warned"):
            progress.warn(f"{finding['code']} {finding['title']}: {finding['found']}")
