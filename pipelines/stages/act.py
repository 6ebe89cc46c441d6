"""Raise the alerts of rules, and plan the actions that keep most within capacity and budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.config import Project
from pipelines.config_act import ActSettings
from pipelines.console import Progress
from pipelines.stage import stage


@stage(
    writes=["decided"],
    skippable=False,
    applies=lambda project: project.act.enabled and not project.is_flat,
)
def act(
    project: Project,
    settings: ActSettings,
    progress: Progress,
    export: Path,
    accepted: dict[str, Any],
    scored: dict[str, Any],
) -> dict[str, Any]:
    """Raise alerts and plan actions for the newest scores."""
    from pipelines.act_job import ActJob

    job = ActJob.of(project, accepted, export, scored)
    decision = job.run(progress)
    progress.note(job.told(decision))
    for warning in job.warnings(decision):
        progress.warn(warning)
    return job.record(decision)
