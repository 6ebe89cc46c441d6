"""What an experiment shows: arms as drawn, effects with intervals, return on cost, and the decision with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.actions.experiments import is_over, is_settled
from pipelines.actions.experiments_words import reason
from pipelines.config import Project
from pipelines.config_experiments import ExperimentPlan

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    import pandas as pd

    from evaluation.action.roi import Return

TYPICAL_RETURN = 1.0
"""Return on cost at which the interval that holds at any look is narrowest."""
MEASURES = ("retained", "repurchased", "revenue")
EVERYONE = "all"
MONEY = (
    "margin_kept",
    "acquisition_avoided",
    "referrals",
    "variable_cost",
    "fixed_cost",
    "roi",
    "roi_low",
    "roi_high",
)


@dataclass(frozen=True)
class Shown:
    """Rows of the tables of results.

    Parameters
    ----------
    effects, balance, decision
        Rows of ``experiment_effects``, ``experiment_balance`` and ``experiment_decisions``.
    """

    effects: pd.DataFrame
    balance: pd.DataFrame
    decision: pd.DataFrame


def results(
    project: Project,
    name: str,
    plan: ExperimentPlan,
    assignments: pd.DataFrame,
    outcomes: pd.DataFrame,
    today: datetime,
) -> Shown | None:
    """Judge an experiment by what is known today.

    Parameters
    ----------
    project
        The project.
    name, plan
        The experiment.
    assignments, outcomes
        Its rows of the two ledgers.
    today
        Instant up to which the data are complete.

    Returns
    -------
    Shown or None
        None while no outcome is known of both arms.
    """
    known = assignments.merge(outcomes.drop(columns="experiment"), on="customer_id", how="inner")
    treated = (known["arm"] == "treated").to_numpy()
    if min(treated.sum(), (~treated).sum()) < 2:
        return None
    return Shown(
        effects=_effects(plan, known, treated).assign(experiment=name),
        balance=_balance(assignments).assign(experiment=name),
        decision=_decision(project, name, plan, assignments, known, treated, today),
    )


def _effects(plan: ExperimentPlan, known: pd.DataFrame, treated: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    from evaluation.action.effect import effect, effects_by_segment
    from evaluation.action.peeking import at_any_look

    rows = []
    for measure in MEASURES:
        told = known[measure].notna().to_numpy()
        if not told.any() or min(treated[told].sum(), (~treated[told]).sum()) < 2:
            continue
        outcome = known.loc[told, measure].astype(float).to_numpy()
        found = effect(outcome, treated[told], before=_before(known[told]), stratum=list(known.loc[told, "stratum"]))
        typical = plan.smallest_effect if measure != "revenue" else max(float(outcome.std()), 1.0) * 0.1
        low, high = at_any_look(found, typical)
        said = {"measure": measure, "segment": EVERYONE, "verdict": found.verdict}
        rows.append(vars(found) | _looks(low, high) | said)
    stayed = known["retained"].astype(float)
    by_segment = effects_by_segment(stayed, treated, list(known["stratum"]), before=_before(known))
    return pd.concat([pd.DataFrame(rows), by_segment.assign(measure="retained")], ignore_index=True)


def _looks(low: float, high: float) -> dict[str, float | None]:
    """Give the ends that hold at any look; none where nothing can be said."""
    return {"low_at_any_look": low, "high_at_any_look": high} if low > -float("inf") else {}


def _before(known: pd.DataFrame) -> np.ndarray:
    """Give what was known before, score and value where there is one: they take the noise away."""
    import numpy as np

    before = known[["score_before", "value_before"]].astype(float)
    told = before.loc[:, before.notna().any()]
    return np.asarray(told.fillna(told.median()), dtype=float)


def _balance(assignments: pd.DataFrame) -> pd.DataFrame:
    from evaluation.action.balance import standardised_differences

    before = assignments[["score_before", "value_before", "stratum"]]
    told = before.loc[:, before.notna().any()]
    return standardised_differences(told, (assignments["arm"] == "treated").to_numpy())


def _decision(
    project: Project,
    name: str,
    plan: ExperimentPlan,
    assignments: pd.DataFrame,
    known: pd.DataFrame,
    treated: np.ndarray,
    today: datetime,
) -> pd.DataFrame:
    import pandas as pd

    from evaluation.action.assignment import two_arms
    from evaluation.action.balance import sample_ratio
    from evaluation.action.effect import effect
    from evaluation.action.peeking import at_any_look, interval_at_any_look
    from evaluation.action.roi import decide

    counts = {str(arm): int(count) for arm, count in assignments["arm"].value_counts().items()}
    ratio = sample_ratio(counts, two_arms(plan.control_share))
    stayed = known["retained"].astype(float).to_numpy()
    found = effect(stayed, treated, before=_before(known), stratum=list(known["stratum"]))
    told = _return(project, plan, known, stayed, treated)
    looks = at_any_look(found, plan.smallest_effect)
    roi = told.roi if told else None
    finished = is_over(plan, len(assignments), len(known), today)
    if plan.is_standing:
        roi = roi and interval_at_any_look(roi, TYPICAL_RETURN)
        finished = is_settled(plan, looks, roi)
    decision = "wait" if ratio.is_mismatched else decide(found, roi, is_over=finished, high_at_any_look=looks[1])
    words = {f"reason_{tongue}": reason(decision, found, roi, ratio, finished, tongue) for tongue in ("en", "zh")}
    row = {
        "experiment": name,
        "playbook": plan.playbook,
        "month": f"{known['measured_until'].max():%Y-%m}",
        "assigned": len(assignments),
        "measured": len(known),
        "ratio_p_value": ratio.p_value,
        "decision": decision,
    }
    return pd.DataFrame([row | _money(told) | words])


def _return(
    project: Project, plan: ExperimentPlan, known: pd.DataFrame, stayed: np.ndarray, treated: np.ndarray
) -> Return | None:
    """Measure the return on cost, where a value is known and something was spent."""
    import numpy as np

    from evaluation.action.roi import Worth, return_on_cost

    settings = project.experiments
    value = known["value_before"].to_numpy(dtype=float)
    cost = known["cost"].to_numpy(dtype=float)
    if np.isnan(value).all() or not (cost[treated].sum() > 0 or plan.fixed_cost > 0):
        return None
    margin = np.nan_to_num(value, nan=float(np.nanmedian(value)))
    worth = Worth(
        acquisition_cost=settings.acquisition_cost,
        referrals=settings.referrals,
        referral_margin=settings.referral_margin,
    )
    risk = known["score_before"].to_numpy(dtype=float)
    before = np.column_stack([risk, margin, margin * risk])
    return return_on_cost(stayed, treated, margin, cost, worth, fixed_cost=plan.fixed_cost, before=before)


def _money(told: Return | None) -> dict[str, float]:
    if told is None:
        return dict.fromkeys(MONEY, float("nan"))
    parts = (told.margin, told.acquisition, told.referrals, told.variable_cost, told.fixed_cost)
    return dict(zip(MONEY, (*parts, told.roi.estimate, told.roi.low, told.roi.high), strict=True))
