"""What must hold of every customer base, whoever comes, leaves and returns when."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from bases import base_of, months, spells_of, terms_of
from hypothesis import given, settings
from hypothesis import strategies as some

from evaluation.business.flows import Segmentation, flows
from evaluation.business.measures import rates

PERIODS = months("2026-01-01", "2026-07-01")
MICROSECOND = timedelta(microseconds=1)
unhurried = settings(max_examples=20)
near_an_edge = some.builds(
    lambda edge, off: edge + off,
    some.sampled_from([*PERIODS.edges, datetime(2025, 11, 1)]),
    some.sampled_from([timedelta(), MICROSECOND, -MICROSECOND, timedelta(days=3), timedelta(days=17)]),
)


@some.composite
def lives(draw):
    """Spells of one customer that do not overlap; the last may not be over."""
    times = sorted(draw(some.sets(near_an_edge, min_size=1, max_size=8)))
    ends = [*times[1::2], None] if len(times) % 2 else times[1::2]
    kinds = some.sampled_from(["notice", "lapse", "silence"])
    return [
        (began, ended, None if ended is None else draw(kinds)) for began, ended in zip(times[::2], ends, strict=True)
    ]


bases = some.lists(lives(), min_size=1, max_size=6)


def rows_of(everybody):
    return [(f"c{number}", *spell) for number, life in enumerate(everybody) for spell in life]


def sums_of(everybody, place=None):
    spells = spells_of(rows_of(everybody))
    terms = terms_of(
        [
            (who, began, began + timedelta(days=45), 10.0 * (place + 1))
            for place, (who, began, *_) in enumerate(rows_of(everybody))
        ],
        spells,
    )
    given_places = [] if place is None else [Segmentation("drawn", ("a", "b"), place[:, : len(spells.customers)])]
    return flows(base_of(spells, terms=terms), PERIODS, given_places)


def brute_force(everybody, start, end):
    """Count by walking through each life: no arrays, no code of ours."""
    count = dict.fromkeys(("opening", "lost", "new", "returned", "closing"), 0)
    for life in everybody:
        here = [began < start and (ended is None or ended >= start) for began, ended, _ in life]
        there = [began < end and (ended is None or ended >= end) for began, ended, _ in life]
        count["opening"] += any(here)
        count["closing"] += any(there)
        count["lost"] += any(
            at and ended is not None and ended < end for at, (_, ended, _) in zip(here, life, strict=True)
        )
        if any(there) and not any(at and still for at, still in zip(here, there, strict=True)):
            count["new" if life[0][0] >= start else "returned"] += 1
    return count


@unhurried
@given(bases)
def test_counts_are_those_of_walking_through_each_life(everybody):
    for row in sums_of(everybody).itertuples():
        for name, number in brute_force(everybody, row.starts_at, row.ends_at).items():
            assert getattr(row, f"customers_{name}") == number


@unhurried
@given(bases)
def test_customers_and_revenue_at_the_end_follow_from_those_at_the_beginning(everybody):
    sums = sums_of(everybody)
    closing = sums.customers_opening + sums.customers_new + sums.customers_returned - sums.customers_lost
    assert list(closing) == list(sums.customers_closing)
    assert list(sums.customers_closing[:-1]) == list(sums.customers_opening[1:])
    came = sums.revenue_new + sums.revenue_returned + sums.revenue_expansion
    went = sums.revenue_contraction + sums.revenue_lost
    assert np.allclose(sums.revenue_opening + came - went, sums.revenue_closing)


@unhurried
@given(bases)
def test_retention_and_churn_of_the_opening_cohort_add_up_to_one(everybody):
    found = rates(sums_of(everybody), minimum_customers=1)
    both = found[found.measure.isin(["churn_rate", "retention_rate"])].groupby("period").value.sum(min_count=2)
    assert all(total == pytest.approx(1) for total in both.dropna())
    parts = (
        found[found.measure.isin(["active_churn_rate", "passive_churn_rate"])].groupby("period").value.sum(min_count=2)
    )
    whole = found[found.measure == "churn_rate"].set_index("period").value
    assert parts.dropna().to_dict() == pytest.approx(whole.dropna().to_dict())


@unhurried
@given(bases, some.lists(some.sampled_from([-1, 0, 1]), min_size=42, max_size=42))
def test_segments_add_up_to_the_total(everybody, places):
    sums = sums_of(everybody, np.array(places, dtype=np.int16).reshape(7, 6))
    counted = [name for name in sums if name.startswith(("customers_", "revenue_", "terms_"))]
    added = sums[sums.segmentation == "drawn"].groupby("period")[counted].sum()
    whole = sums[sums.segmentation == "all"].set_index("period")[counted]
    assert np.allclose(added.to_numpy(), whole.to_numpy())
    part = sums[sums.segmentation == "drawn"]
    closing = part.customers_opening + part.customers_new + part.customers_returned - part.customers_lost
    assert list(closing) == list(part.customers_closing)
