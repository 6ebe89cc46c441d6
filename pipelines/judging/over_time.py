"""How the model would have done had it been used all along: cutoff by cutoff, and how early it warns.

Judged are the predictions of the validation cutoffs and of the test cutoff. At each validation cutoff the model was
fitted on outcome windows that were over by then, as in use; its settings and its calibration were chosen on these
cutoffs, which flatters them a little. The test cutoff chose nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.judging.material import Material

if TYPE_CHECKING:
    import pandas as pd

LEAD_DAYS = tuple(range(0, 121, 5))


def everything_scored(material: Material) -> pd.DataFrame | None:
    """Validation and test predictions below each other; none for a flat table."""
    import pandas as pd

    if material.validation is None:
        return None
    both = pd.concat([material.validation, material.test], ignore_index=True)
    return both.sort_values(["cutoff", "customer_id"], kind="stable", ignore_index=True)


def backtest(material: Material, scored: pd.DataFrame) -> pd.DataFrame:
    """Judge each cutoff, with intervals of the AUC and of the advantage over the rule."""
    from evaluation.model.backtest import backtest

    draws, test = material.settings.replicates, np.datetime64(material.calendar["test_cutoff"])
    judged = backtest(
        scored["churned"],
        scored[material.best],
        scored["cutoff"],
        _numbered(scored),
        baseline=None if material.rule is None else scored[material.rule],
        capacity=material.capacity,
        replicates=draws,
    )
    lines = zip(judged["cutoff"], judged["verdict"], strict=True)
    ends = [_auc_ends(material, scored, cutoff, verdict, draws) for cutoff, verdict in lines]
    judged[["roc_auc_low", "roc_auc_high"]] = ends
    return judged.assign(chose_settings=judged["cutoff"] != test)


def _auc_ends(material: Material, scored: pd.DataFrame, cutoff: Any, verdict: str, draws: int) -> tuple[float, float]:
    from evaluation.model.bootstrap import interval
    from evaluation.model.segments import JUDGED

    if verdict != JUDGED:
        return float("nan"), float("nan")
    there = scored[scored["cutoff"] == cutoff]
    found = interval(there["churned"], there[material.best], _numbered(there), replicates=draws)
    return found.low, found.high


def stability(material: Material, scored: pd.DataFrame) -> pd.DataFrame | None:
    """Follow customers from cutoff to cutoff: order, and changes of band; none for one cutoff or one band."""
    from evaluation.model.stability import score_stability

    score = material.project.score
    edges = sorted(score.bands.values())
    if scored["cutoff"].nunique() < 2 or not edges:
        return None
    renamed = scored.rename(columns={"customer_id": "customer", material.best: "probability"})
    return score_stability(renamed[["customer", "cutoff", "probability"]], edges, score.band_hysteresis_share)


def lead_times(material: Material, scored: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Give the lead-time curves of model and rule at the same number of alerts, and each one's median lead.

    Returns
    -------
    tuple or None
        The curves, one below the other with the column ``who``, and by ``who`` the median days from the flag that
        lasted to the end, and the share of leavers flagged at all; none where nobody left after a score.
    """
    import pandas as pd

    from evaluation.model.lead_time import lead_days, lead_time_curve

    ended = _ends(material, scored)
    if ended.empty:
        return None
    share = min(material.capacity / len(material.test), 1.0)
    curves, said = [], {}
    for who, column in {"model": material.best, "rule": material.rule}.items():
        if column is not None:
            flagged = _flagged(scored, column, share)
            curves.append(lead_time_curve(flagged, ended, days=LEAD_DAYS).assign(who=who))
            days = lead_days(flagged, ended)
            said[who] = {"median_days": float(days.median()), "flagged_share": float(days.notna().mean())}
    return pd.concat(curves, ignore_index=True), {"alert_share": share, "leavers": len(ended), **said}


def _ends(material: Material, scored: pd.DataFrame) -> pd.Series:
    """When each scored customer left for the first time after a score; index ``customer``."""
    left = scored.loc[scored["churned"] == 1, ["customer_id", "cutoff"]]
    known = material.labels.dropna(subset=["churned_at"]).astype({"customer_id": "str"})
    found = left.merge(known[["customer_id", "cutoff", "churned_at"]], on=["customer_id", "cutoff"])
    return found.groupby("customer_id")["churned_at"].min().rename_axis("customer")


def _flagged(scored: pd.DataFrame, column: str, share: float) -> pd.DataFrame:
    """Flag the same share of customers at each cutoff, equal scores in an order drawn once."""
    import pandas as pd

    drawn = np.random.default_rng(0).permutation(len(scored))
    mixed = scored.iloc[drawn]
    rank = mixed.groupby("cutoff")[column].rank(method="first", ascending=False)
    size = mixed.groupby("cutoff")[column].transform("size")
    flagged = (rank <= (size * share).round().clip(lower=1)).reindex(scored.index)
    return pd.DataFrame({"customer": scored["customer_id"], "scored_at": scored["cutoff"], "flagged": flagged})


def _numbered(scored: pd.DataFrame) -> np.ndarray:
    import pandas as pd

    return pd.factorize(scored["customer_id"], sort=True)[0]
