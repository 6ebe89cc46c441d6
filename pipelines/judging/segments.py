"""The same judgement within each segment of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.errors import ConfigError
from pipelines.judging.material import Material
from pipelines.judging.value import values

if TYPE_CHECKING:
    import pandas as pd

SEGMENTATIONS = (
    "customers__industry__ever",
    "customers__company_size__ever",
    "customers__region__ever",
    "customers__channel__ever",
    "contracts__plan__ever",
    "contracts__billing_period__ever",
)
TENURE = "customers__tenure_days__ever"
TENURE_EDGES, TENURE_NAMES = (90, 180, 365, 730), ("0-3", "3-6", "6-12", "12-24", "24+")
TIERS, TIER_CLASS = "value_tier", ("lowest", "low", "high", "highest")
TENURE_CLASS = "tenure_months"
MOST_SEGMENTS, MOST_SEGMENTATIONS = 12, 8


def segmentations(material: Material) -> dict[str, pd.Series]:
    """Give the ways in which customers are divided: a segment for each test row, by the name of the segmentation.

    Raises
    ------
    ConfigError
        If the project names a signal that there is not.
    """
    signals = material.rows.test.signals
    divided = {name: signals[name].astype("str").where(signals[name].notna()) for name in _chosen(material)}
    if TENURE in signals and material.settings.segments is None:
        divided[TENURE_CLASS] = _cut(signals[TENURE], TENURE_EDGES, TENURE_NAMES)
    value = values(material)
    if value is not None and len(np.unique(value.amounts)) >= len(TIER_CLASS):
        edges = np.quantile(value.amounts, [0.25, 0.5, 0.75])
        divided[TIERS] = _cut(value.amounts, edges, TIER_CLASS)
    return divided


def by_segment(material: Material, divided: dict[str, pd.Series]) -> pd.DataFrame:
    """Give the scorecard of each segment with the interval of its AUC; small ones are too few to say."""
    from evaluation.model.segments import scorecard_by_segment

    scores, draws = material.scores(material.best), material.settings.replicates
    return scorecard_by_segment(material.label, scores, material.customer, divided, replicates=draws)


def _chosen(material: Material) -> list[str]:
    signals, wanted = material.rows.test.signals, material.settings.segments
    if wanted is not None:
        absent = [name for name in wanted if name not in signals]
        if absent:
            raise ConfigError(
                f"evaluate.segments names {', '.join(absent)}, which this project does not have",
                allowed="signals of the panel, such as customers__industry__ever",
                do="correct the setting, or leave it null",
            )
        return wanted
    usual = [name for name in SEGMENTATIONS if name in signals]
    possible = usual or [str(name) for name in signals.select_dtypes("category").columns]
    return [name for name in possible if 1 < signals[name].nunique() <= MOST_SEGMENTS][:MOST_SEGMENTATIONS]


def _cut(values: Any, edges: Any, names: tuple[str, ...]) -> pd.Series:
    import pandas as pd

    numbers = np.asarray(values, dtype=np.float64)
    classes = np.searchsorted(edges, numbers, side="right")
    said = pd.Series(np.array(names)[classes]).astype("str").where(np.isfinite(numbers))
    return said.astype(pd.CategoricalDtype(list(names), ordered=True))
