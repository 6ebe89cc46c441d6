"""What MLflow's own pages say about a promotion: which version is champion, why, and where to look."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipelines.config import Project
from pipelines.tracking import MODEL_TRAINING, Tracking

STANDING = "standing"
NOTE = "mlflow.note.content"


@dataclass(frozen=True)
class Outcome:
    """What became of a challenger.

    Parameters
    ----------
    name
        Registered model.
    version
        The challenger's version.
    reason
        Why it is champion, or why not.
    standing
        ``champion``, ``challenger`` or ``blocked``.
    champion
        The version that held the alias before, if any.
    previous
        The version that was the previous champion before, if any.
    """

    name: str
    version: str
    reason: str
    standing: str
    champion: Any | None = None
    previous: Any | None = None

    @property
    def serving(self) -> str | None:
        """Version that is champion now."""
        if self.standing == "champion":
            return self.version
        return None if self.champion is None else str(self.champion.version)


def tell(tracking: Tracking, project: Project, judged: dict[str, Any], outcome: Outcome) -> None:
    """Write the verdict on the run, the version, the registered model and the experiment.

    Parameters
    ----------
    tracking
        The line's tracking.
    project
        The project.
    judged
        Judgement of the challenger.
    outcome
        What became of it.
    """
    from pipelines.report.words import model_description, run_description, verdict, version_description

    client, run_id = tracking.client(), judged["run_id"]
    said = verdict(outcome.name, outcome.version, outcome.standing, outcome.reason)
    client.set_tag(run_id, NOTE, f"{said}\n\n{run_description(judged)}")
    client.update_model_version(outcome.name, outcome.version, description=version_description(judged, said))
    days = None if project.label is None else project.label.gap_days + project.label.horizon_days
    client.update_registered_model(outcome.name, description=model_description(project.title["en"], days))
    for run, standing in _standings(run_id, outcome).items():
        _mark(client, run, standing)
    _describe_experiment(client, project, judged, outcome)


def _standings(run_id: str, outcome: Outcome) -> dict[str, str]:
    """Standing of each run that this promotion touches; a version that has none any more is an earlier one."""
    found: dict[str, str] = {}
    if outcome.standing == "champion":
        for version, standing in ((outcome.previous, "earlier"), (outcome.champion, "previous champion")):
            if version is not None:
                found[version.run_id] = standing
    return {**found, run_id: outcome.standing}


def _mark(client: Any, run_id: str, standing: str) -> None:
    from mlflow.exceptions import MlflowException

    with suppress(MlflowException):  # somebody may have deleted the run of an old version
        client.set_tag(run_id, STANDING, standing)


def _describe_experiment(client: Any, project: Project, judged: dict[str, Any], outcome: Outcome) -> None:
    from pipelines.report.words import experiment_description

    if outcome.serving is None:
        return
    champion = client.get_model_version(outcome.name, outcome.serving)
    experiment = client.get_run(judged["run_id"]).info.experiment_id
    address = f"#/experiments/{experiment}/runs/{champion.run_id}?{MODEL_TRAINING}"
    said = champion.tags.get("decision.reason", outcome.reason)
    note = experiment_description(project.title["en"], f"[{outcome.name} version {outcome.serving}]({address})", said)
    client.set_experiment_tag(experiment, NOTE, note)
