"""Send the actions that were decided and are due."""

from __future__ import annotations

from typing import Any

from pipelines.config import Project
from pipelines.console import Progress
from pipelines.stage import stage


# A receiver in trouble fails the line, and by then the dashboard has the scores.
@stage(
    writes=["sent"],
    skippable=False,
    applies=lambda project: project.outbox.enabled and project.act.enabled and not project.is_flat,
    after=("mart",),
)
def outbox(project: Project, progress: Progress, decided: dict[str, Any]) -> dict[str, Any]:
    """Send what was decided and is due: to files, webhooks and by mail, each once."""
    from pipelines.outbox.run import send_due

    dispatch = send_due(project)
    progress.note(dispatch.said)
    dispatch.raise_failures(project.name)
    return {"as_of": decided["as_of"], **dispatch.states}
