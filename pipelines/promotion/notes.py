"""What MLflow's own pages say about a promotion: which version is champion, why, and where to look."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipelines.config import Project
from pipelines.promotion.succession import REPLACED
from pipelines.registry import CHAMPION, PREVIOUS, version_of
from pipelines.tracking import MODEL_TRAINING, Tracking

STANDING = "standing"
NOTE = "mlflow.note.content"


@dataclass(frozen=True)
class Outcome:
    """What became of a version.

    Parameters
    ----------
    name
        Registered model.
    version
        The version.
    reason
        Why it is champion, or why not.
    standing
        ``champion``, ``challenger`` or ``blocked``; ``appointed`` where a person made it champion.
    """

    name: str
    version: str
    reason: str
    standing: str

    @property
    def rules(self) -> bool:
        """Whether it is champion now."""
        return self.standing in ("champion", "appointed")

    @property
    def verdict(self) -> str:
        """What became of it and why, one line of Markdown."""
        from pipelines.report.words import verdict

        return verdict(self.name, self.version, self.standing, self.reason)


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
    from pipelines.report.words import model_description, run_description, version_description

    client, run_id = tracking.client(), judged["run_id"]
    client.set_tag(run_id, NOTE, f"{outcome.verdict}\n\n{run_description(judged)}")
    client.update_model_version(outcome.name, outcome.version, description=version_description(judged, outcome.verdict))
    days = None if project.label is None else project.label.gap_days + project.label.horizon_days
    client.update_registered_model(outcome.name, description=model_description(project.title["en"], days))
    _tell_all(tracking, project, run_id, outcome)


def retell(tracking: Tracking, project: Project, outcome: Outcome) -> None:
    """Write a person's verdict in place of the one before; what was said of the model's quality stays.

    Parameters
    ----------
    tracking
        Where.
    project
        The project.
    outcome
        What a person decided.
    """
    client = tracking.client()
    version = client.get_model_version(outcome.name, outcome.version)
    description = _with_verdict(version.description or "", outcome.verdict)
    client.update_model_version(outcome.name, outcome.version, description=description)
    with _perhaps_deleted():
        note = client.get_run(version.run_id).data.tags.get(NOTE, "")
        client.set_tag(version.run_id, NOTE, _with_verdict(note, outcome.verdict))
    _tell_all(tracking, project, version.run_id, outcome)


def _with_verdict(text: str, verdict: str) -> str:
    """Put a verdict in the place of the first paragraph."""
    return "\n\n".join([verdict, *text.split("\n\n")[1:]])


def _tell_all(tracking: Tracking, project: Project, run_id: str, outcome: Outcome) -> None:
    client = tracking.client()
    for run, standing in _standings(tracking, run_id, outcome).items():
        with _perhaps_deleted():
            client.set_tag(run, STANDING, standing)
    with _perhaps_deleted():
        _describe_experiment(tracking, project, run_id, outcome)


def _standings(tracking: Tracking, run_id: str, outcome: Outcome) -> dict[str, str]:
    """Standing of each run whose model is or was champion, and of the run that is told about."""
    found: dict[str, str] = {} if outcome.rules else {run_id: outcome.standing}
    for version in tracking.client().search_model_versions(f"name = '{outcome.name}'"):
        if REPLACED in version.tags:
            found[version.run_id] = "earlier"
    for alias, standing in ((PREVIOUS, "previous champion"), (CHAMPION, "champion")):
        version = version_of(tracking, outcome.name, alias)
        if version is not None:
            found[version.run_id] = standing
    return found


def _perhaps_deleted() -> suppress:
    """Go on where somebody has deleted the run of an old version."""
    from mlflow.exceptions import MlflowException

    return suppress(MlflowException)


def _describe_experiment(tracking: Tracking, project: Project, run_id: str, outcome: Outcome) -> None:
    from pipelines.report.words import experiment_description

    client, champion = tracking.client(), version_of(tracking, outcome.name, CHAMPION)
    if champion is None:
        return
    experiment = client.get_run(run_id).info.experiment_id
    address = f"#/experiments/{experiment}/runs/{champion.run_id}?{MODEL_TRAINING}"
    said = outcome.reason if outcome.rules else champion.tags.get("decision.reason", outcome.reason)
    note = experiment_description(project.title["en"], f"[{outcome.name} version {champion.version}]({address})", said)
    client.set_experiment_tag(experiment, NOTE, note)
