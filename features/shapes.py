"""Formulas over several values of the same customer: slopes, variation, streaks; for use in derived signals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import ibis
from ibis.expr import types as ir

from features.terms import ratio


def mean(values: Sequence[Any]) -> Any:
    """Mean."""
    return sum(values[1:], start=values[0]) / len(values)


def deviation(values: Sequence[Any]) -> Any:
    """Spread, the population's standard deviation."""
    middle = mean(values)
    squares = [(value - middle) * (value - middle) for value in values]
    return mean(squares).sqrt()


def variation(values: Sequence[Any]) -> Any:
    """Coefficient of variation; null where the mean is zero."""
    return ratio(deviation(values), mean(values))


def slope_over_mean(newest_first: Sequence[Any]) -> Any:
    """Slope a step of a least-squares line through values at equal distances, over their mean; null for a mean of 0."""
    count = len(newest_first)
    steps = [(count - 1) / 2 - place for place in range(count)]
    products = [value * step for value, step in zip(newest_first, steps, strict=True)]
    slope = sum(products[1:], start=products[0]) / sum(step * step for step in steps)
    return ratio(slope, mean(newest_first))


def standardised(value: Any, others: Sequence[Any], smallest: float) -> Any:
    """Distance of a value from the mean of others in their standard deviations, which count as at least `smallest`."""
    return (value - mean(others)) / ibis.greatest(deviation(others), smallest)


def how_many(conditions: Iterable[Any]) -> Any:
    """Count the conditions that hold."""
    ones = [condition.cast("float64") for condition in conditions]
    return sum(ones[1:], start=ones[0])


def streak(conditions: Sequence[Any]) -> ir.Value:
    """Count the conditions that hold from the first on, up to the first that does not."""
    length: Any = ibis.literal(float(len(conditions)))
    for place in reversed(range(len(conditions))):
        length = ibis.ifelse(conditions[place], length, float(place))
    return length


def falling_streak(newest_first: Sequence[Any], factor: float) -> ir.Value:
    """Count the steps in a row, from the newest back, in which a value is below the one before times the factor."""
    return streak([newer < older * factor for newer, older in pairwise(newest_first)])


def at_most(value: Any, limit: float) -> Any:
    """Lower a larger value to the limit; null stays null, of which `ibis.least` would make the limit."""
    return ibis.ifelse(value > limit, limit, value)


def fifth(share_below: Any) -> Any:
    """Score 1 to 5 by the fifth in which a share from 0 to 1 lies."""
    return at_most((share_below * 5.0).floor() + 1.0, 5.0)
