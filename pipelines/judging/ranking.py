"""How well leavers come before stayers, and how many are found by contacting so many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.judging.material import Material

if TYPE_CHECKING:
    import pandas as pd

SHARES = {"1pct": 0.01, "5pct": 0.05, "10pct": 0.10, "20pct": 0.20}


def figures(material: Material) -> dict[str, dict[str, float]]:
    """Give the scorecard of every family on the test slice."""
    from evaluation.model.scorecard import scorecard

    return {
        family: scorecard(material.label, material.scores(family), capacity=material.capacity)
        for family in material.record["features"]
    }


def with_intervals(material: Material) -> dict[str, dict[str, float]]:
    """Give each figure of the best model its interval."""
    from evaluation.model.bootstrap import intervals

    scores, draws = material.scores(material.best), material.settings.replicates
    found = intervals(material.label, scores, material.customer, capacity=material.capacity, replicates=draws)
    return {name: vars(each) for name, each in found.items()}


def against_rule(material: Material) -> dict[str, float] | None:
    """Compare the best model with the recency rule on the same draws of customers."""
    from evaluation.model.bootstrap import paired_difference

    if material.rule is None:
        return None
    first, second = material.scores(material.best), material.scores(material.rule)
    draws = material.settings.replicates
    return vars(paired_difference(material.label, first, second, material.customer, metric="roc_auc", replicates=draws))


def contacts(material: Material, figures: dict[str, Any], intervals: dict[str, Any]) -> list[dict[str, Any]]:
    """Say for each number of contacts how many leavers are among them, with interval, beside the rule and the best."""
    from evaluation.model.ranking import best_possible_lift

    customers, best = len(material.test), figures[material.best]
    sizes = [(name, share, max(round(share * customers), 1)) for name, share in SHARES.items()]
    sizes.append(("capacity", min(material.capacity / customers, 1.0), min(material.capacity, customers)))
    lines = []
    for name, share, contacted in sizes:
        lift = intervals[f"lift_at_{name}"]
        line = {"name": name, "share": share, "contacted": contacted}
        line |= {key if key != "estimate" else "lift": value for key, value in lift.items()}
        line |= {"recall": lift["estimate"] * share, "recall_low": lift["low"] * share}
        line |= {"recall_high": lift["high"] * share, "rate": lift["estimate"] * best["base_rate"]}
        line["best_lift"] = best_possible_lift(best["base_rate"], share)
        line["rule_lift"] = None if material.rule is None else figures[material.rule][f"lift_at_{name}"]
        lines.append(line)
    return lines


def gain(material: Material) -> pd.DataFrame:
    """Give the gain curve of the best model with its interval, beside that of the rule."""
    from evaluation.model.bootstrap import gain_band
    from evaluation.model.ranking import gain_curve

    scores, draws = material.scores(material.best), material.settings.replicates
    curve = gain_band(material.label, scores, material.customer, replicates=draws)
    if material.rule is not None:
        curve["rule_recall"] = gain_curve(material.label, material.scores(material.rule))["recall"]
    return curve
