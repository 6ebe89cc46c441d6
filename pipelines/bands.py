"""Bands of risk: names for people, which a score does not change for noise alone; and ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.config_score import ScoreSettings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

LOWEST = "low"


def band_names(bands: Mapping[str, float]) -> list[str]:
    """Names of the bands from the lowest up.

    >>> band_names({"high": 0.6, "medium": 0.3})
    ['low', 'medium', 'high']
    """
    return [LOWEST, *sorted(bands, key=lambda name: bands[name])]


def steady_bands(
    probability: npt.NDArray[np.float64], settings: ScoreSettings, previous: pd.Series | None = None
) -> list[str]:
    """Give each customer its band: the highest whose floor the probability reaches, with hysteresis.

    Parameters
    ----------
    probability
        Shape (rows,).
    settings
        Floors of the bands and by how much one must be passed.
    previous
        Band of the same customers at the score before, shape (rows,), missing where there was none; a band that is no
        longer configured counts as none.

    Returns
    -------
    list of str
        Names of the bands.
    """
    import numpy as np

    from evaluation.model.stability import steady_band

    names = band_names(settings.bands)
    if not settings.bands or not len(probability):
        return [LOWEST] * len(probability)
    codes = {name: code for code, name in enumerate(names)}
    before = [codes.get(name, -1) for name in previous] if previous is not None else np.full(len(probability), -1)
    edges = sorted(settings.bands.values())
    return [names[code] for code in steady_band(before, probability, edges, settings.band_hysteresis_share)]


def ranked(scores: pd.DataFrame) -> pd.DataFrame:
    """Add ``rank``, 1 for the largest probability; equal ones stand in the order of their customers.

    Parameters
    ----------
    scores
        With ``probability`` and ``customer_id``; the index is unique.
    """
    import pandas as pd

    ordered = scores.sort_values(["probability", "customer_id"], ascending=[False, True])
    return scores.assign(rank=pd.Series(range(1, len(ordered) + 1), index=ordered.index))
