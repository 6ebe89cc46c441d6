"""Bands of risk: names for people, which a score does not change for noise alone; and ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from pipelines.config_score import ScoreSettings

LOWEST = "low"


def band_names(bands: Mapping[str, float]) -> list[str]:
    """Names of the bands from the lowest up.

    >>> band_names({"high": 0.6, "medium": 0.3})
    ['low', 'medium', 'high']
    """
    return [LOWEST, *sorted(bands, key=lambda name: bands[name])]


def bands_of(probability: npt.NDArray[np.float64], bands: Mapping[str, float]) -> list[str]:
    """Give each customer the highest band whose floor the probability reaches, whatever it had before.

    >>> import numpy as np
    >>> bands_of(np.array([0.1, 0.3, 0.7]), {"high": 0.6, "medium": 0.3})
    ['low', 'medium', 'high']
    """
    import numpy as np

    names, floors = band_names(bands), sorted(bands.values())
    return [names[code] for code in np.searchsorted(floors, probability, side="right")]


def steady_bands(
    probability: npt.NDArray[np.float64], settings: ScoreSettings, previous: pd.Series | None = None
) -> pd.Categorical[Any]:
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
    pandas.Categorical
        Names of the bands, shape (rows,); the categories are all bands from the lowest up.
    """
    import numpy as np
    import pandas as pd

    from evaluation.model.stability import steady_band

    names = pd.Index(band_names(settings.bands))
    none = np.full(len(probability), -1)
    if not settings.bands or not len(probability):
        return pd.Categorical.from_codes(none + 1, names, ordered=True)
    before = none if previous is None else names.get_indexer(pd.Index(previous))
    edges = sorted(settings.bands.values())
    codes = steady_band(before, probability, edges, settings.band_hysteresis_share)
    return pd.Categorical.from_codes(codes, names, ordered=True)


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
