"""The commands of whoever operates the scores: run the job, say how it stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

from pipelines.commands.line import hush
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import ConfigError, Stale
from pipelines.exported.command import instant
from pipelines.operating.health import Health


def run_job(project_name: str, overrides: list[str], as_of: str | None, wait_s: float, quiet: bool) -> None:
    """Run the nightly job of a project and say how the scores stand afterwards."""
    from pipelines.operating.job import Job

    project = load_project(project_name, overrides)
    hush()
    Job(project, Console(quiet), None if as_of is None else instant(as_of), wait_s).run()
    if not quiet:
        _show(project_name, project, _look(project), "en")


def show_status(project_name: str, language: str, as_json: bool) -> None:
    """Print how the scores stand.

    Raises
    ------
    ConfigError
        If the language is another.
    Stale
        If they cannot be relied on; everything has been said by then.
    """
    from pipelines.operating.words import LANGUAGES

    if language not in LANGUAGES:
        raise ConfigError(f"There is no language '{language}'", allowed=", ".join(LANGUAGES), do="choose one")
    project = load_project(project_name)
    health = _look(project)
    if as_json:
        print(json.dumps(_record(project_name, project, health), indent=1, ensure_ascii=False, default=_plain))
    else:
        _show(project_name, project, health, language)
    if not health.is_fresh:
        raise Stale(f"The scores of {project.name} cannot be relied on", do="what stands above")


def _look(project: Project) -> Health:
    from pipelines.operating.status import status_of

    return status_of(project, datetime.now(UTC).replace(tzinfo=None))


def _show(asked: str, project: Project, health: Health, language: str) -> None:
    from pipelines.operating.words import STATE, advice, lines, sentence

    console = Console()
    title = project.title["zh" if language == "zh" else "en"]
    console.verdict(title, STATE[language][health.is_fresh], health.is_fresh)
    console.facts(lines(health, language))
    for finding in health.findings:
        console.finding(sentence(finding, language), advice(finding, asked), finding.is_problem)


def _record(asked: str, project: Project, health: Health) -> dict[str, object]:
    """Everything as plain values, for monitoring."""
    from pipelines.operating.words import advice, sentence

    told = [
        {
            "code": each.code,
            "is_problem": each.is_problem,
            "said": {language: sentence(each, language) for language in ("en", "zh")},
            "do": advice(each, asked),
        }
        for each in health.findings
    ]
    kept = {**asdict(health), "findings": told, "next_at": health.next_at, "is_fresh": health.is_fresh}
    return {"project": project.name, **kept}


def _plain(value: object) -> str:
    """Write an instant with the sign of UTC."""
    return f"{value.isoformat(timespec='seconds')}Z" if isinstance(value, datetime) else str(value)
