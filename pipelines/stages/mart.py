"""Write the tables that the dashboard and BI tools read."""

from __future__ import annotations

from typing import Any

from pipelines.config import Project
from pipelines.config_mart import MartSettings
from pipelines.console import Progress
from pipelines.errors import ChurnLabError
from pipelines.stage import stage


@stage(writes=["marted"], skippable=False, sections=("evaluate", "label", "measures", "names", "experiments"))
def mart(
    project: Project, settings: MartSettings, progress: Progress, scored: dict[str, Any], accepted: dict[str, Any]
) -> dict[str, Any]:
    """Copy what the newest scores mean into the mart, for the dashboard and BI tools."""
    from pipelines.mart.bring import bring
    from pipelines.mart.build import FILE, build
    from pipelines.warehouse.duckdb_file import warehouse

    if not accepted["flat"]:
        _measure(project, progress)
    with warehouse(project.home) as connection:
        rows = build(connection, project, accepted)
    note = f"{rows['churn_latest']:,} customers in {project.home / FILE}"
    for name, changes in bring(project, progress).items():
        note += f"; {name}: {sum(change.touched for change in changes.values()):,} rows changed"
    progress.note(note)
    return {"file": FILE, "as_of": scored["as_of"], "rows": rows}


def _measure(project: Project, progress: Progress) -> None:
    """Measure the customer base anew; where its tables do not allow that, the mart comes without."""
    from pipelines.business.book import refresh

    progress("the customer base")
    try:
        refresh(project)
    except ChurnLabError as error:
        progress.warn(f"Nothing is measured about the customer base: {error}")
