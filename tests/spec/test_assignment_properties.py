"""A customer never changes arm, whoever joins, moves to another stratum or comes in another order."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, kstest

from evaluation.action.assignment import Arms, assign, drawn_arms, drawn_points, two_arms
from evaluation.errors import JudgementError

IDS = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=30, unique=True)
THREE = Arms({"control": 0.2, "coupon": 0.3, "call": 0.5})


@given(IDS, IDS, st.randoms(use_true_random=False))
def test_a_drawn_arm_depends_on_the_customer_and_the_experiment_alone(customers, others, random):
    arms = dict(zip(customers, drawn_arms("spring", customers, THREE), strict=True))
    together = list(dict.fromkeys(customers + others))
    random.shuffle(together)

    again = dict(zip(together, drawn_arms("spring", together, THREE), strict=True))

    assert {customer: again[customer] for customer in customers} == arms


@given(st.lists(IDS, min_size=1, max_size=4), st.data())
@settings(max_examples=60)
def test_whom_the_ledger_knows_keeps_arm_and_stratum_whatever_changes(days, data):
    ledger = pd.DataFrame(columns=["customer_id", "stratum", "arm"])
    first: dict[str, tuple[str, str]] = {}
    for day in days:
        strata = data.draw(st.lists(st.sampled_from("ab"), min_size=len(day), max_size=len(day)))
        arms = data.draw(st.sampled_from([two_arms(0.1), two_arms(0.5)]))
        found = assign("spring", day, strata, arms, ledger)
        for row in found.itertuples():
            assert first.setdefault(row.customer_id, (row.stratum, row.arm)) == (row.stratum, row.arm)
        ledger = pd.concat([ledger, found.loc[found["is_new"], ["customer_id", "stratum", "arm"]]])
        pd.testing.assert_frame_equal(assign("spring", day, strata, arms, ledger)[["arm"]], found[["arm"]])

    assert ledger["customer_id"].is_unique


def test_strata_get_their_shares_within_a_few_customers_though_they_come_a_few_a_day():
    random = np.random.default_rng(0)
    customers = [f"c{number}" for number in range(6_000)]
    strata = random.choice(["vip", "usual", "small"], len(customers), p=[0.02, 0.6, 0.38])
    ledger = None
    for start in range(0, len(customers), 60):
        day = slice(start, start + 60)
        found = assign("spring", customers[day], list(strata[day]), THREE, ledger)
        ledger = found if ledger is None else pd.concat([ledger, found])

    counts = pd.crosstab(ledger["stratum"], ledger["arm"])[list(THREE.names)]
    expected = np.outer(counts.sum(axis=1), list(THREE.shares.values()))

    assert np.abs(counts.to_numpy() - expected).max() < 3


@pytest.mark.parametrize("size", [1, 3])
def test_everyone_has_the_same_chance_of_an_arm_in_strata_of_few(size):
    strata = [f"s{number}" for number in range(3_000) for _ in range(size)]
    arms = assign("e", [f"c{number}" for number in range(len(strata))], strata, two_arms(0.2))["arm"]

    shares = (arms.to_numpy().reshape(-1, size) == "control").mean(axis=0)

    assert np.abs(shares - 0.2).max() < 4 * np.sqrt(0.2 * 0.8 / 3_000)


def test_points_are_even_and_two_experiments_independent():
    ids = [f"customer-{number}" for number in range(20_000)]

    assert kstest(drawn_points("one", ids), "uniform").pvalue > 0.001
    both = pd.crosstab(drawn_arms("one", ids, THREE), drawn_arms("two", ids, THREE))
    assert chi2_contingency(both).pvalue > 0.001
    assert (both.to_numpy().diagonal() < len(ids) / 3).all()


def test_a_larger_control_share_moves_customers_into_control_only():
    ids = [f"c{number}" for number in range(2_000)]
    small, large = (drawn_arms("one", ids, two_arms(share)) == "control" for share in (0.1, 0.3))

    assert (small <= large).all()
    assert small.sum() < large.sum()


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: two_arms(0), "between 0 and 1"),
        (lambda: Arms({"a": 0.5, "b": 0.5}), "needs 'control'"),
        (lambda: Arms({"control": 0.5, "b": 0.6}), "sum to 1"),
        (lambda: assign("e", ["c", "c"], ["s", "s"], two_arms(0.1)), "1 customers are given more than once"),
        (lambda: assign("e", ["c"], [], two_arms(0.1)), "1 customers and 0 strata"),
        (lambda: assign("e", ["c"], ["s"], two_arms(0.1), pd.DataFrame({"arm": []})), "lacks customer_id, stratum"),
    ],
)
def test_an_experiment_that_cannot_be_dealt_says_why(work, message):
    with pytest.raises(JudgementError, match=message):
        work()
