"""What acting brought: the effects of experiments, what they returned, and what was decided about each strategy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.review.scene import Scene

if TYPE_CHECKING:
    import pandas as pd

MOST = 12


@dataclass(frozen=True, eq=False)
class Brought:
    """What it brought.

    Parameters
    ----------
    decisions
        Experiments that were measured, the newest first: the columns of ``actions.experiment_decisions``, ``benefit``,
        ``cost``, and ``effect``: how many more stayed (the columns of ``actions.experiment_effects``; None: not told).
    later
        Those of them that were measured after the month, by name.
    running
        Experiments with customers assigned by the end of the month that nobody has measured: name to customers.
    """

    decisions: list[dict[str, Any]]
    later: frozenset[str]
    running: dict[str, int]

    def decided(self, decision: str) -> list[dict[str, Any]]:
        """Give the experiments about which something was decided."""
        return [row for row in self.decisions if row["decision"] == decision]


def brought(scene: Scene) -> Brought:
    """Read what experiments have shown."""
    from pipelines.report.terms import lines_of
    from pipelines.warehouse.experiments import ASSIGNMENTS, DECISIONS, EFFECTS, rows_of

    decided, effects = (rows_of(scene.connection, table) for table in (DECISIONS, EFFECTS))
    decided = decided.sort_values(["month", "experiment"], ascending=[False, True]).head(MOST)
    stayed = effects[(effects["measure"] == "retained") & (effects["segment"] == "all")]
    by_name = {row["experiment"]: row for row in lines_of(stayed)}
    rows = [{**row, "effect": by_name.get(row["experiment"])} for row in lines_of(_summed(decided))]
    later = frozenset(row["experiment"] for row in rows if row["month"] > scene.month.name)
    running: dict[str, int] = {}
    if scene.has("actions", ASSIGNMENTS.name):
        running = _running(scene, set(decided["experiment"]))
    return Brought(rows, later, running)


def _summed(decided: pd.DataFrame) -> pd.DataFrame:
    """Add up benefit and cost; missing where neither part is known."""
    benefit = decided[["margin_kept", "acquisition_avoided", "referrals"]].astype(float).sum(axis=1, min_count=1)
    cost = decided[["variable_cost", "fixed_cost"]].astype(float).sum(axis=1, min_count=1)
    return decided.assign(benefit=benefit, cost=cost)


def _running(scene: Scene, measured: set[str]) -> dict[str, int]:
    found = scene.rows(
        "SELECT experiment, count(*) AS customers FROM actions.experiment_assignments WHERE assigned_at <= ? "
        "GROUP BY experiment ORDER BY experiment",
        [scene.month.ends_at],
    )
    return {row["experiment"]: row["customers"] for row in found if row["experiment"] not in measured}
