"""Segments, moves and tags against tables worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from bases import months, orders_of, spells_of

from evaluation.business.clusters import clusters
from evaluation.business.flows import Segmentation
from evaluation.business.lifecycle import STAGES, TIERS, stages, tiers
from evaluation.business.movement import movements
from evaluation.business.periods import microseconds
from evaluation.business.rfm import CLASSES, Rfm, RfmEdges, by_rfm, quintiles, rfm_classes, rfm_scores
from evaluation.business.segment_words import segment_words
from evaluation.business.segmentations import TENURES, USES, by_attribute, by_tenure, by_usage
from evaluation.business.tags import tagged
from evaluation.errors import JudgementError

MARCH = months("2026-03-01", "2026-05-01")
CUSTOMERS = spells_of([(name, "2025-01-01", None, None) for name in "abc"])


def test_what_customers_bought_up_to_an_edge():
    rows = [("a", "2026-02-27 12:00", 10), ("a", "2026-03-01", 99), ("b", "2025-02-28", 5), ("b", "2025-03-01", 7)]
    orders = orders_of(rows, CUSTOMERS, MARCH)
    found = Rfm.at(orders, *(int(each[0]) for each in map(microseconds, (MARCH.edges, MARCH.edges_back(12)))))
    np.testing.assert_allclose(found.recency_days, [1.5, 365, np.nan])
    np.testing.assert_allclose(found.frequency, [1, 1, np.nan])
    np.testing.assert_allclose(found.monetary, [10, 7, np.nan])


def test_fifths_share_ties_and_leave_no_order_to_chance():
    values = np.array([3, 1, 2, 5, 4, 6, 7, 8, 9, 10], dtype=float)
    np.testing.assert_array_equal(quintiles(values), [2, 1, 1, 3, 2, 3, 4, 4, 5, 5])
    np.testing.assert_array_equal(quintiles(np.full(7, 4.0)), [3] * 7)
    assert np.isnan(quintiles(np.array([np.nan, np.nan]))).all()


def test_fixed_limits_score_the_same_whoever_else_is_there():
    limits = RfmEdges([7, 30, 90, 180], [2, 4, 8, 16], [100, 500, 1_000, 5_000])
    rfm = Rfm(np.array([7.0, 8.0, 200.0]), np.array([1.0, 4.0, 16.0]), np.array([99.0, 100.0, 9_000.0]))
    scores = rfm_scores(rfm, limits)
    np.testing.assert_array_equal(scores, [[5, 4, 1], [1, 3, 5], [1, 2, 5]])
    for alone in range(3):
        one = Rfm(*(each[[alone]] for each in (rfm.recency_days, rfm.frequency, rfm.monetary)))
        np.testing.assert_array_equal(rfm_scores(one, limits)[:, 0], scores[:, alone])


@pytest.mark.parametrize(
    ("recent", "often", "much", "expected"),
    [
        (1, 1, 1, "重要价值客户"),
        (1, 0, 1, "重要发展客户"),
        (0, 1, 1, "重要保持客户"),
        (0, 0, 1, "重要挽留客户"),
        (1, 1, 0, "一般价值客户"),
        (1, 0, 0, "一般发展客户"),
        (0, 1, 0, "一般保持客户"),
        (0, 0, 0, "一般挽留客户"),
    ],
)
def test_the_eight_classes_have_the_names_of_the_field(recent, often, much, expected):
    # With somebody at each end the mean of each score is 3.
    scores = np.array([[1 + 4 * high, 5, 1, 5 - 4 * high] for high in (recent, often, much)], dtype=float)
    assert list(CLASSES.values())[rfm_classes(scores)[0]].zh == expected


def test_customers_move_between_classes_from_edge_to_edge():
    rows = [("a", "2026-02-20", 500), ("b", "2025-12-01", 10), ("b", "2026-03-30", 900), ("b", "2026-03-31", 900)]
    orders = orders_of(rows, CUSTOMERS, MARCH)
    found = by_rfm(orders, microseconds(MARCH.edges), microseconds(MARCH.edges_back(12)))
    names = [[found.segments[place] if place >= 0 else None for place in row] for row in found.place]
    assert names[0] == ["important_develop", "general_win_back", None]
    assert names[1] == ["general_win_back", "important_value", None]


def test_stages_of_a_life():
    lives = [
        ("new", "2026-02-01", None, None),
        ("returned", "2025-01-01", "2025-06-01", "lapse"),
        ("returned", "2026-02-01", None, None),
        ("lost", "2025-01-01", "2025-06-01", "lapse"),
        ("grows", "2025-01-01", None, None),
        ("shrinks", "2025-01-01", None, None),
        ("steady", "2025-01-01", None, None),
        ("comes later", "2026-03-02", None, None),
    ]
    spells = spells_of(lives)
    revenue = {"grows": (130, 100), "shrinks": (70, 100), "steady": (110, 100)}
    now, before = (np.array([revenue.get(name, (1, 9))[i] for name in spells.customers], float) for i in (0, 1))
    march = int(microseconds(MARCH.edges)[0])
    place = stages(spells, march, now, before, new_days=90, change_share=0.2)
    found = {name: list(STAGES)[at] if at >= 0 else None for name, at in zip(spells.customers, place, strict=True)}
    assert found == {
        "new": "new",
        "returned": "returned",
        "lost": "lost",
        "grows": "growing",
        "shrinks": "declining",
        "steady": "mature",
        "comes later": None,
    }


def test_tiers_are_shares_of_the_customers_who_are_here():
    revenue = np.array([100.0, 90, 80, 70, 60, 50, 40, 30, 20, 10, 9_999])
    here = np.array([True] * 10 + [False])
    names, place = tiers(revenue, here, {"silver": 0.5, "platinum": 0.1, "gold": 0.3})
    assert [names[each] for each in place[:10]] == ["platinum"] + ["gold"] * 2 + ["silver"] * 2 + ["standard"] * 5
    assert place[10] == -1
    assert (TIERS["platinum"].zh, TIERS["gold"].zh) == ("铂金", "黄金")


def test_moves_count_everybody_once():
    place = np.array([[0, 0, 1, -1, -1], [0, 1, -1, 1, -1]], dtype=np.int16)
    found = movements(Segmentation("tier", ("gold", "silver"), place), ["2026-03"])
    assert found.set_index(["segment_from", "segment_to"]).customers.to_dict() == {
        ("gold", "gold"): 1,
        ("gold", "silver"): 1,
        ("silver", "(none)"): 1,
        ("(none)", "silver"): 1,
    }
    assert found.groupby("segment_from").share.sum().to_list() == pytest.approx([1, 1, 1])


def test_every_segment_of_ours_has_a_name_in_both_languages():
    for segmentation, names in {
        "rfm_class": CLASSES,
        "lifecycle_stage": STAGES,
        "tenure": TENURES,
        "usage": USES,
    }.items():
        for name in names:
            assert any("一" <= letter <= "鿿" for letter in segment_words(segmentation, name).zh), name
    assert segment_words("tier", "standard").zh == "普通"
    assert segment_words("industry", "(missing)").zh == "未知"
    assert segment_words("industry", "retail").zh == "零售"
    assert segment_words("industry", "tin mining").zh == "tin mining"


def test_tenure_is_counted_from_the_first_beginning():
    spells = spells_of([("old", "2023-01-01", "2023-02-01", "lapse"), ("old", "2026-02-27", None, None)])
    found = by_tenure(spells, microseconds(MARCH.edges))
    assert [found.segments[row[0]] for row in found.place] == ["over 2 years"] * 3


def test_use_is_none_or_a_third_of_those_who_use():
    people = [*"abcdefg", "gone"]
    spells = spells_of([(name, "2025-01-01", "2026-02-15" if name == "gone" else None, "lapse") for name in people])
    rows = [(name, "2026-02-20", 0) for count, name in enumerate("abcdef") for _ in range(max(count, 1))]
    rows += [("g", "2025-11-30 23:59", 0), ("gone", "2026-02-10", 0)]
    usage = orders_of(rows, spells, MARCH)
    found = by_usage(usage, spells, *(microseconds(each) for each in (MARCH.edges, MARCH.edges_back(3))))
    names = [found.segments[place] if place >= 0 else None for place in found.place[0]]
    # a and b did it once, the others twice, three times and so on; g not in the last three months.
    assert dict(zip(spells.customers, names, strict=True)) == {
        "a": "light",
        "b": "light",
        "c": "regular",
        "d": "regular",
        "e": "heavy",
        "f": "heavy",
        "g": "none",
        "gone": None,
    }


def test_attributes_without_a_value_are_in_no_segment():
    found = by_attribute("region", pd.Series(["north", None, "south"]))
    assert found.segments == ("north", "south")
    assert found.at(0).tolist() == [0, -1, 1]


CUSTOMER_ROWS = pd.DataFrame(
    {"customer_id": ["a", "b", "c"], "tier": ["gold", None, "gold"], "days": [61.0, 90.0, None]}
)


@pytest.mark.parametrize(
    ("conditions", "who"),
    [
        (["days > 61"], ["b"]),
        (["days >= 61", "tier = gold"], ["a"]),
        (["tier != silver"], ["a", "c"]),
        (["days < 1"], []),
    ],
)
def test_a_tag_needs_all_its_conditions(conditions, who):
    assert tagged(CUSTOMER_ROWS, {"marked": conditions}).customer_id.to_list() == who


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("days is 3", "condition 'days is 3' is none; allowed: COLUMN <= >="),
        ("weeks > 3", "there is no column 'weeks'; allowed: customer_id, tier, days"),
        ("days > many", "'many' in 'days > many' is no number"),
    ],
)
def test_a_rule_that_cannot_be_read_says_why(condition, message):
    with pytest.raises(JudgementError, match=message):
        tagged(CUSTOMER_ROWS, {"marked": [condition]})


def test_groups_that_are_there_are_found_again_in_the_same_order():
    random = np.random.default_rng(0)
    centres, sizes = np.array([[3.0, 3.0], [200.0, 9.0], [20_000.0, 0.0]]), [120, 80, 40]
    rows = np.concatenate([random.lognormal(np.log1p(c), 0.1, (n, 2)) for c, n in zip(centres, sizes, strict=True)])
    rows = np.vstack([rows, [np.nan, 1.0]])
    found = clusters(rows, seed=1)
    assert [len(set(found[a:b])) for a, b in ((0, 120), (120, 200), (200, 240))] == [1, 1, 1]
    assert np.bincount(found[:-1]).tolist() == sizes
    assert found[-1] == -1
    np.testing.assert_array_equal(found, clusters(rows, seed=1))


def test_customers_who_do_not_differ_are_no_groups():
    with pytest.raises(JudgementError, match="5 customers who hardly differ"):
        clusters(np.ones((5, 2)))
