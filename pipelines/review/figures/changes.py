"""What changed: churn by segment against before, and how customers moved between bands and classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.review.scene import BEFORE, NOW, Scene

if TYPE_CHECKING:
    import pandas as pd

SEGMENTATIONS = ("industry", "tier", "region")
USUAL_MONTHS = 12
RFM, MOST_MOVES = "rfm_class", 8
_FLOWS = """
    SELECT period, segmentation, segment, customers_opening, customers_lost FROM from_customer_flows
    WHERE list_contains(?, segmentation) AND starts_at <= ? ORDER BY segmentation, segment, starts_at
"""
_BANDS = f"""
    SELECT before.band AS band_from, now.band AS band_to, count(*) AS customers
    FROM {NOW} now FULL JOIN {BEFORE} before USING (customer_id) GROUP BY ALL ORDER BY ALL
"""
_CLASSES = """
    SELECT segment_from, segment_to, customers FROM business.segment_movements
    WHERE period = ? AND segmentation = ? AND segment_from <> segment_to AND '(none)' NOT IN (segment_from, segment_to)
    ORDER BY customers DESC, segment_from, segment_to LIMIT ?
"""


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed.

    Parameters
    ----------
    whole
        Churn of all customers against the month before, and against the twelve months before, as
        `evaluation.business.changes.churn_changes` gives it; None where there is no such month.
    segments
        The same by industry, tier and region against the twelve months before.
    usual_months
        How many months before the month are told.
    bands
        Customers by band at the end of the month before and of the month; None: not scored then.
    classes
        The largest moves between RFM classes in the month.
    """

    whole: tuple[dict[str, Any] | None, dict[str, Any] | None]
    segments: list[dict[str, Any]]
    usual_months: int
    bands: list[dict[str, Any]]
    classes: list[dict[str, Any]]

    def moved(self, verdict: str) -> list[dict[str, Any]]:
        """Give the segments that changed beyond chance in one direction, the largest change first."""
        return [row for row in self.segments if row["verdict"] == verdict]


def changes(scene: Scene) -> Changes:
    """Read what changed in a month."""
    from evaluation.business.flows import ALL

    flows = _flows(scene, [ALL, *SEGMENTATIONS])
    earlier = [scene.month.back(months).name for months in range(1, USUAL_MONTHS + 1)]
    told = [name for name in earlier if name in set(flows["period"])]
    whole, parts = flows[flows["segmentation"] == ALL], flows[flows["segmentation"] != ALL]
    pairs = [_compared(scene, whole, before) for before in (told[:1], told)]
    bands = scene.rows(_BANDS) if scene.now and scene.before else []
    return Changes((_first(pairs[0]), _first(pairs[1])), _compared(scene, parts, told), len(told), bands, _moves(scene))


def _flows(scene: Scene, several: list[str]) -> pd.DataFrame:
    import pandas as pd

    columns = ["period", "segmentation", "segment", "customers_opening", "customers_lost"]
    return pd.DataFrame(scene.rows(_FLOWS, [several, scene.month.starts_at]), columns=columns)


def _compared(scene: Scene, flows: pd.DataFrame, before: list[str]) -> list[dict[str, Any]]:
    from evaluation.business.changes import churn_changes
    from pipelines.report.terms import lines_of

    if flows.empty or not before:
        return []
    fewest = scene.project.measures.minimum_customers
    return lines_of(churn_changes(flows, scene.month.name, before, minimum_customers=fewest))


def _first(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next(iter(rows), None)


def _moves(scene: Scene) -> list[dict[str, Any]]:
    from pipelines.business.book import MOVEMENTS
    from pipelines.business.tables import SCHEMA

    if not scene.has(SCHEMA, MOVEMENTS):
        return []
    return scene.rows(_CLASSES, [scene.month.name, RFM, MOST_MOVES])
