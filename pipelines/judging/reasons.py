"""What the model goes by: mean contribution of each measure in the measure's own words, and what shuffling it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from features.errors import DefinitionError
from features.signal import parse
from pipelines.judging.material import Material

if TYPE_CHECKING:
    import pandas as pd

    from training.contributions import Contributions
    from training.model import FittedModel

MOST_EXPLAINED, MOST_SHUFFLED, MEASURES = 2_000, 8_000, 12
RAISED_QUANTILE = 0.9


def global_reasons(material: Material) -> pd.DataFrame | None:
    """Give the measures that weigh most, each with a sentence; none for a family without exact parts.

    Returns
    -------
    pandas.DataFrame or None
        One line a measure: ``group``, ``mean`` absolute contribution in log odds, its ``share`` of all measures,
        ``speaker`` (its weightiest signal), ``sentence_en`` and ``sentence_zh`` (what is typical where it raises the
        risk, and what is usual), ``roc_auc_lost`` and ``log_loss_gained`` when it is shuffled.
    """
    from evaluation.model.importance import mean_contributions, permutation_importance
    from training.errors import TrainingError
    from training.model import load_model

    model = load_model(material.folder / material.best)
    explained = _sample(material, MOST_EXPLAINED)
    signals = material.rows.test.signals
    try:
        parts = model.contributions(signals.iloc[explained])
    except TrainingError:
        return None
    groups = measures(parts.columns)
    found = mean_contributions(parts.columns, parts.values, groups).head(MEASURES).reset_index()
    found = found.join(_sentences(material, model, signals.iloc[explained], parts, found["speaker"]))
    shuffled = _sample(material, MOST_SHUFFLED)
    label = material.label[shuffled]
    if 0 < label.sum() < label.size:
        wanted = {group: groups[group] for group in found["group"]}
        lost = permutation_importance(model.predict, signals.iloc[shuffled], label, wanted)
        found = found.join(lost, on="group")
    return found


def measures(columns: tuple[str, ...]) -> dict[str, list[str]]:
    """Give each measure with its columns, one a window; a column that is no signal is a measure by itself."""
    groups: dict[str, list[str]] = {}
    for column in columns:
        try:
            table, measure, _ = parse(column)
            groups.setdefault(f"{table}__{measure}", []).append(column)
        except DefinitionError:
            groups.setdefault(column, []).append(column)
    return groups


def _sample(material: Material, most: int) -> np.ndarray:
    rows = np.arange(len(material.test))
    return rows if rows.size <= most else np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _sentences(
    material: Material, model: FittedModel, signals: pd.DataFrame, parts: Contributions, speakers: pd.Series
) -> pd.DataFrame:
    import pandas as pd

    from evaluation.model.reason_words import sentence

    place = {name: number for number, name in enumerate(parts.columns)}
    lines = []
    for name in speakers:
        value, usual = _typical(signals[name], parts.values[:, place[name]], material.rows.test.signals[name])
        told = (name, material.signals.get(name), value, usual, "")
        said = [sentence(*told, language, material.project.value_names) for language in ("en", "zh")]
        lines.append(dict(zip(("sentence_en", "sentence_zh"), said, strict=True)))
    return pd.DataFrame(lines, index=speakers.index)


def _typical(column: pd.Series, contribution: np.ndarray, everyone: pd.Series) -> tuple[Any, Any]:
    """Give the value that is typical of the tenth whose risk the signal raises most, and the usual one."""
    raised = contribution >= np.quantile(contribution, RAISED_QUANTILE)
    return _middle(column[raised]), _middle(everyone)


def _middle(column: pd.Series) -> Any:
    from pandas.api.types import is_numeric_dtype

    known = column.dropna()
    if known.empty:
        return None
    return float(known.median()) if is_numeric_dtype(known) else str(known.mode().iloc[0])
