"""Check the loaded tables, set unusable rows aside, and say which tables later stages may read."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.config import Project, ValidateSettings
from pipelines.console import Progress
from pipelines.stage import stage

if TYPE_CHECKING:
    from pipelines.validation.accept import Limits

LOADED = "loaded"
EARLIEST = datetime(1971, 1, 1)


@stage(writes=["accepted"], sections=("data",))
def validate(
    project: Project, settings: ValidateSettings, progress: Progress, loaded: dict[str, Any]
) -> dict[str, Any]:
    """Check the loaded tables; rows that may not be used are set aside with every reason."""
    from pipelines.validation.accept import accept, check, record
    from pipelines.warehouse.duckdb_file import warehouse

    progress("loading Great Expectations")
    limits = _limits(settings)
    with warehouse(project.home) as connection:
        checked = check(connection, LOADED, loaded["tables"], limits, progress)
        accept(connection, LOADED, checked, limits)
        made = record(connection, checked)
    _tell(made, progress)
    return made | {"content": _content(settings, loaded)}


def _limits(settings: ValidateSettings) -> Limits:
    from pipelines.validation.accept import Limits

    tomorrow = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return Limits(
        EARLIEST,
        tomorrow,
        "warn" if settings.orphans == "keep" else settings.orphans,
        settings.quarantine_limit,
        settings.minimum_rows,
    )


def _tell(made: dict[str, Any], progress: Progress) -> None:
    aside = sum(made["quarantined"].values())
    rows = sum(made["rows"].values())
    progress.note(f"{rows:,} rows in {len(made['tables'])} tables accepted, {aside:,} set aside")
    for table, reasons in made["reasons"].items():
        said = ", ".join(f"{words} ({count:,})" for words, count in list(reasons.items())[:3])
        progress.warn(f"{table}: {made['quarantined'][table]:,} rows set aside: {said}")
    for each in made["checks"]:
        if each["outcome"] == "crashed":
            progress.warn(f"{each['name']} could not be run: {each['reason']}")
        elif each["outcome"] == "failed" and each["severity"] == "warn":
            extent = f" ({each['failing']:,} rows, {each['share']:.1%})" if each["failing"] else ""
            progress.warn(f"{each['table']}: {each['reason']}{extent}")


def _content(settings: ValidateSettings, loaded: dict[str, Any]) -> str:
    """Digest of the data and of the settings that decide what is accepted."""
    parts = [loaded["content"], settings.model_dump(mode="json")]
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()
