"""Check the loaded tables, set unusable rows aside, and say which tables later stages may read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipelines.config import Project, ValidateSettings
from pipelines.console import Progress, many
from pipelines.stage import stage
from pipelines.tracking import Tracking
from pipelines.warehouse.duckdb_file import has_tables

if TYPE_CHECKING:
    from pipelines.validation.rules import Rules
    from pipelines.validation.usability import Wish

LOADED = "loaded"
FOLDER = "validation"
REPORTS = "reports"
CHECKS, DATA = "checks.html", "data.html"


def _released(project: Project) -> str:
    from pipelines.validation.quarantine import mark_of_released

    return mark_of_released(project.home)


def _still_accepted(project: Project, tracking: Tracking, made: dict[str, Any]) -> bool:
    return has_tables(project.home, made["schema"], made["tables"])


@stage(writes=["accepted"], sections=("data", "label"), outside=_released, holds=_still_accepted)
def validate(
    project: Project, settings: ValidateSettings, progress: Progress, tracking: Tracking, loaded: dict[str, Any]
) -> dict[str, Any]:
    """Check the loaded tables; rows that may not be used are set aside with every reason."""
    progress("loading Great Expectations")
    from pipelines.validation import history
    from pipelines.validation.accept import accept, figures, record
    from pipelines.validation.inspection import inspect
    from pipelines.validation.page import checks_page, usability_page, write_page
    from pipelines.validation.usability import usability
    from pipelines.warehouse.duckdb_file import warehouse

    rules, folder, title = rules_of(settings, loaded), project.home / FOLDER, _title(project)
    last = history.last_other(history.read(folder), loaded["content"])
    with warehouse(project.home) as connection:
        checked = inspect(connection, LOADED, loaded["tables"], rules, last["tables"] if last else {}, progress)
        write_page(project.home / REPORTS / CHECKS, checks_page(title, checked))
        accept(connection, LOADED, checked, rules)
        made = record(connection, checked)
        progress("looking at what the data can be used for")
        report = usability(connection, made, checked.profiles, wish_of(project, loaded))
    write_page(project.home / REPORTS / DATA, usability_page(report))
    history.remember(folder, loaded["content"], checked.profiles, figures(made))
    progress("logging to MLflow")
    _log(project, tracking, figures(made))
    if tracking.missed:
        progress.warn(f"Nothing is logged of these checks: {tracking.missed}")
    made |= {"content": _content(project, settings, loaded), "usability": report}
    _tell(made, progress)
    return made


def _title(project: Project) -> dict[str, str]:
    return {str(language): text for language, text in project.title.items()}


def _log(project: Project, tracking: Tracking, figures: dict[str, float]) -> None:
    """Log the figures and pages with the run, so that quality can be followed over time."""

    def write(mlflow: Any) -> None:
        mlflow.log_metrics({f"data/{name}": value for name, value in figures.items()})
        for page in (CHECKS, DATA):
            mlflow.log_artifact(str(project.home / REPORTS / page), "data")

    tracking.log(write)


def wish_of(project: Project, loaded: dict[str, Any]) -> Wish:
    """Say what the data are to be used for; the files of tables that hang together are looked at as they are."""
    from pipelines.outcomes import outcomes
    from pipelines.panel import project_signals
    from pipelines.validation.usability import Wish

    label = project.label
    wish = Wish(
        title=_title(project),
        signals=list({column.signal for column in project_signals(project).values()}),
        least_churners=project.train.minimum_positives,
        folder=None if project.simulate or project.is_flat else project.data.root,
        ledger=loaded["ledger"],
        open_questions=loaded.get("identity", {}).get("open", 0),
    )
    if label is None:
        return wish
    return replace(
        wish,
        definitions=outcomes(label.churn),
        horizon_days=label.horizon_days,
        history_days=label.minimum_history_days,
        data_end=label.data_end.replace(tzinfo=None) if label.data_end else None,
    )


def rules_of(settings: ValidateSettings, loaded: dict[str, Any]) -> Rules:
    """Give what is checked in a load by the settings of a project."""
    from pipelines.validation.compare import Shift
    from pipelines.validation.own import Own
    from pipelines.validation.rules import Rules

    return Rules(
        now=datetime.now(UTC).replace(tzinfo=None),
        earliest=datetime.combine(settings.earliest, datetime.min.time()),
        orphans="warn" if settings.orphans == "keep" else settings.orphans,
        quarantine_limit=settings.quarantine_limit,
        shift=Shift(settings.volume_share, settings.missing_rise, settings.divergence),
        minimum_rows=settings.minimum_rows,
        severities=settings.severities,
        own={table: [Own(**each.model_dump()) for each in own] for table, own in settings.expectations.items()},
        fresh_days=settings.fresh_days,
        customers_derived=any(
            entry["table"] == "customers" and entry["source"].startswith("derived from") for entry in loaded["ledger"]
        ),
    )


def _tell(made: dict[str, Any], progress: Progress) -> None:
    aside = sum(made["quarantined"].values())
    rows = sum(made["rows"].values())
    grade = made["usability"]["grade"]
    progress.note(
        f"{many(rows, 'rows')} in {many(len(made['tables']), 'tables')} accepted, {aside:,} set aside, grade {grade}"
    )
    for each in made["usability"]["problems"]:
        if each["weight"] != "minor" and not each["told"]:
            progress.warn(each["said"]["en"])
    for table, reasons in made["reasons"].items():
        said = ", ".join(f"{words} ({count:,})" for words, count in list(reasons.items())[:3])
        progress.warn(f"{table}: {made['quarantined'][table]:,} rows set aside: {said}")
    for each in made["checks"]:
        if each["outcome"] == "crashed":
            progress.warn(f"{each['name']} could not be run: {each['reason']}")
        elif each["outcome"] == "failed" and each["severity"] == "warn":
            extent = f" ({each['failing']:,} of the rows, {each['share']:.1%})" if each["failing"] else ""
            progress.warn(f"{each['table']}: {each['reason']}{extent}")


def _content(project: Project, settings: ValidateSettings, loaded: dict[str, Any]) -> str:
    """Digest of the data and of all that decides which rows are accepted."""
    parts = [loaded["content"], settings.model_dump(mode="json"), _released(project)]
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()
