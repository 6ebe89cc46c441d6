"""Make the demo company's tables."""

from __future__ import annotations

from typing import Any

from pipelines.config import Project, SimulateSettings
from pipelines.console import Progress
from pipelines.stage import stage

TRUTH = "truth"


@stage(writes=["source"], applies=lambda project: project.simulate is not None)
def simulate(project: Project, settings: SimulateSettings, progress: Progress) -> dict[str, Any]:
    """Simulate a company with known causes of churn into the project's source folder."""
    from pipelines.demo import simulate as write_company

    rows = write_company(
        project.data.root,
        project.home / TRUTH,
        customers=settings.customers,
        months=settings.months,
        seed=settings.seed,
        ends_on=settings.ends_on,
        progress=progress,
    )
    progress.note(f"{settings.customers:,} customers, {sum(rows.values()):,} rows in {len(rows)} tables")
    return {"folder": str(project.data.root), "rows": rows}
