"""What the ranking is worth: whom to contact, what it earns, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.judging.material import Material
from pipelines.judging.value import Value, values

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.model.profit import Terms

CONTACT_SHARE, OFFER_SHARE = 0.005, 0.05
"""Costs of a contact and an offer as shares of a customer's margin: 1 and 10 of 200 in Verbraken et al. (2013)."""
CERTAINTY = 20
"""Sum of the parameters of the beta distribution of the acceptance: 6 + 14 in Verbraken et al. (2013)."""
NO_VALUE = {
    "en": "No column says what a customer is worth. Set evaluate.value_column or evaluate.value.",
    "zh": "没有任何列说明客户的价值。请设置 evaluate.value_column 或 evaluate.value。",
}


def money(material: Material) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """Judge the campaign that the settings describe, on the test slice.

    Returns
    -------
    tuple
        The figures, and the profit curve; ``applies`` is false, with the reason, where customers have no value.
    """
    value = values(material)
    if value is None:
        return {"applies": False, "because": NO_VALUE}, None
    terms = terms_of(material, value)
    expected = _expected(material, value, terms)
    record = {"applies": True, "currency": material.project.currency} | _said(material, value, terms)
    record |= {"policy": _policy(material, value, terms, expected)}
    record |= {"at_capacity": _at_capacity(material, value, terms, expected)}
    record |= {"best_cut": _best_cut(material, value, terms, expected), "empc": _empc(material, value, terms)}
    return record, _curve(material, value, terms, expected)


def terms_of(material: Material, value: Value) -> Terms:
    """Give the terms of the campaign; costs that the project leaves out are shares of a typical customer's margin."""
    from evaluation.model.profit import Terms

    settings = material.settings
    margin = settings.margin_share * value.typical
    return Terms(
        contact_cost=CONTACT_SHARE * margin if settings.contact_cost is None else settings.contact_cost,
        offer_cost=OFFER_SHARE * margin if settings.offer_cost is None else settings.offer_cost,
        acceptance_share=settings.acceptance_share,
        stayer_acceptance_share=settings.stayer_acceptance_share,
        margin_share=settings.margin_share,
    )


def _expected(material: Material, value: Value, terms: Terms) -> np.ndarray:
    from evaluation.model.profit import expected_contact_profit

    return expected_contact_profit(material.scores(material.best), value.amounts, terms)


def _said(material: Material, value: Value, terms: Terms) -> dict[str, Any]:
    gain, loss = float(terms.of_leavers(np.array([value.typical]))[0]), -terms.of_stayers
    return {
        "terms": vars(terms),
        "value": {
            "column": value.column,
            "mean": float(value.amounts.mean()),
            "typical": value.typical,
            "unknown": value.unknown,
            "months": material.settings.value_months,
        },
        "break_even_probability": loss / (gain + loss) if gain + loss > 0 and gain > 0 else None,
    }


def _policy(material: Material, value: Value, terms: Terms, expected: np.ndarray) -> dict[str, Any]:
    """Judge contacting everyone of whom a profit is to be expected, within the capacity; chosen without the outcome."""
    from evaluation.model.profit import best_targets

    chosen = best_targets(material.scores(material.best), value.amounts, terms, material.capacity)
    contacted = np.zeros(expected.size, dtype=bool)
    contacted[chosen] = True
    return {
        "contacted": int(chosen.size),
        "leavers": int(material.label[chosen].sum()),
        "expected_profit": float(expected[chosen].sum()),
        **_interval(material, value, terms, contacted),
    }


def _at_capacity(material: Material, value: Value, terms: Terms, expected: np.ndarray) -> dict[str, Any]:
    """Judge contacting as many as the team can, in several orders."""
    from evaluation.model.profit import contact_profit, profit_at_capacity

    capacity, given = material.capacity, (material.label, value.amounts, terms)
    gains = contact_profit(*given)
    by_score = {"profit": expected, "by_risk": material.scores(material.best), "perfect": gains}
    if material.rule is not None:
        by_score["rule"] = material.scores(material.rule)
    found = {
        name: profit_at_capacity(material.label, score, value.amounts, terms, capacity)
        for name, score in by_score.items()
    }
    contacted = np.zeros(expected.size, dtype=bool)
    contacted[np.argsort(-expected, kind="stable")[:capacity]] = True
    interval = _interval(material, value, terms, contacted)
    random = float(gains.mean() * min(capacity, gains.size))
    return {"contacted": min(capacity, gains.size), **found, "random": random, "low": interval["low"]} | {
        "high": interval["high"]
    }


def _interval(material: Material, value: Value, terms: Terms, contacted: np.ndarray) -> dict[str, float]:
    from evaluation.model.profit_interval import profit_interval

    draws = material.settings.replicates
    found = profit_interval(material.label, value.amounts, terms, contacted, material.customer, replicates=draws)
    return {"profit": found.estimate, "low": found.low, "high": found.high}


def _best_cut(material: Material, value: Value, terms: Terms, expected: np.ndarray) -> dict[str, float]:
    from evaluation.model.profit import best_cut

    cut = best_cut(material.label, expected, value.amounts, terms)
    return {"contacted": cut.contacted, "share": cut.share, "profit": cut.profit}


def _empc(material: Material, value: Value, terms: Terms) -> dict[str, Any] | None:
    """Expected maximum profit at a typical customer's value; none where no offer can pay."""
    from evaluation.model.empc import empc

    margin = terms.margin_share * value.typical
    accepted = terms.acceptance_share
    if margin <= terms.offer_cost or not 0 < accepted < 1:
        return None
    given = {"value": margin, "offer_cost": terms.offer_cost, "contact_cost": terms.contact_cost}
    beta = {"alpha": CERTAINTY * accepted, "beta": CERTAINTY * (1 - accepted)}
    families = [material.best, *([material.rule] if material.rule else [])]
    found = {name: empc(material.label, material.scores(name), **given, **beta) for name in families}
    best = found[material.best]
    return {
        "profit_a_customer": best.profit,
        "share": best.share,
        "rule_profit_a_customer": found[material.rule].profit if material.rule else None,
    }


def _curve(material: Material, value: Value, terms: Terms, expected: np.ndarray) -> pd.DataFrame:
    from evaluation.model.profit import profit_curve
    from evaluation.model.profit_interval import profit_band

    given, draws = (value.amounts, terms), material.settings.replicates
    curve = profit_band(material.label, expected, *given, material.customer, replicates=draws)
    if material.rule is not None:
        curve["rule"] = profit_curve(material.label, material.scores(material.rule), *given)["profit"]
    return curve
