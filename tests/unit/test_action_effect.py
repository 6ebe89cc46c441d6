"""The effect of an action: against hand-made regressions, with intervals that hold, and nothing said of too few."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind
from sklearn.linear_model import LinearRegression

from evaluation.action.effect import effect, effects_by_segment, explained_share
from evaluation.errors import JudgementError


def company(seed: int, customers: int = 1_200, lift: float = 0.06, control_share: float = 0.3):
    """Customers with a risk known before; treatment keeps a further `lift` of them, more of those at risk."""
    random = np.random.default_rng(seed)
    risk = random.beta(1.2, 3, customers)
    treated = random.random(customers) >= control_share
    stayed = random.random(customers) < 1 - risk + treated * lift * risk / risk.mean()
    return stayed.astype(float), treated, risk


def test_without_anything_known_before_it_is_welchs_comparison():
    stayed, treated, _ = company(0)

    found = effect(stayed, treated)

    welch = ttest_ind(stayed[treated], stayed[~treated], equal_var=False)
    ends = welch.confidence_interval()
    assert found.estimate == pytest.approx(stayed[treated].mean() - stayed[~treated].mean())
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), rel=0.01)
    assert found.p_value == pytest.approx(welch.pvalue, rel=0.05)
    assert (found.treated, found.control) == (treated.sum(), (~treated).sum())


def test_adjusting_compares_two_regressions_at_the_mean_customer_and_saves_what_the_score_explains():
    stayed, treated, risk = company(1, customers=4_000)
    at_mean = [[risk.mean()]]
    lines = [LinearRegression().fit(risk[arm, None], stayed[arm]) for arm in (treated, ~treated)]

    found = effect(stayed, treated, before=risk)

    assert found.estimate == pytest.approx(lines[0].predict(at_mean)[0] - lines[1].predict(at_mean)[0])
    saved = (found.standard_error / effect(stayed, treated).standard_error) ** 2
    assert saved == pytest.approx(1 - explained_share(stayed, risk), abs=0.03)
    assert saved < 0.95


def test_strata_are_compared_each_with_itself():
    random = np.random.default_rng(2)
    stratum = random.choice(["vip", "usual"], 2_000, p=[0.2, 0.8])
    # VIPs stay more often, and are held back less often: without strata treatment would seem to work.
    treated = random.random(2_000) < np.where(stratum == "vip", 0.9, 0.5)
    stayed = (random.random(2_000) < np.where(stratum == "vip", 0.95, 0.6)).astype(float)
    means = pd.DataFrame({"y": stayed, "arm": treated, "s": stratum}).groupby(["s", "arm"])["y"].mean().unstack()
    share = pd.Series(stratum).value_counts(normalize=True)

    by_hand = ((means[True] - means[False]) * share).sum()

    assert effect(stayed, treated, stratum=list(stratum)).estimate == pytest.approx(by_hand)
    assert effect(stayed, treated).low > 0
    assert effect(stayed, treated, stratum=list(stratum)).verdict == "no_difference_shown"


def test_rows_that_go_together_count_once():
    stayed, treated, risk = company(3)
    twice = [np.repeat(values, 2) for values in (stayed, treated, risk)]
    customer = np.repeat(np.arange(len(stayed)), 2)

    alone = effect(stayed, treated, before=risk)
    together = effect(twice[0], twice[1], before=twice[2], cluster=customer)

    assert together.standard_error == pytest.approx(alone.standard_error, rel=0.01)
    assert effect(twice[0], twice[1], before=twice[2]).standard_error < 0.75 * alone.standard_error


@pytest.mark.parametrize("adjusted", [False, True])
def test_the_interval_holds_the_true_effect_in_95_of_100_experiments(adjusted):
    held = 0
    for seed in range(400):
        stayed, treated, risk = company(seed, lift=0.05)
        found = effect(stayed, treated, before=risk if adjusted else None)
        held += found.low <= 0.05 <= found.high

    assert 0.92 <= held / 400 <= 0.98


def test_of_too_few_nothing_is_said():
    stayed, treated, _ = company(0)
    few = effect(stayed[:80], treated[:80])
    nobody_left = effect(np.ones(400), np.arange(400) % 2)

    assert (few.enough, few.verdict) == (False, "too_few")
    assert nobody_left.verdict == "too_few"
    assert effect(np.linspace(0, 9, 400), np.arange(400) % 2).verdict == "no_difference_shown"


def test_segments_are_told_together_and_small_ones_not_at_all():
    random = np.random.default_rng(0)
    segment = random.choice(["helped", "harmed", "same", "tiny"], 6_000, p=[0.34, 0.33, 0.32, 0.01])
    treated = random.random(6_000) < 0.5
    lift = pd.Series(segment).map({"helped": 0.2, "harmed": -0.2}).fillna(0).to_numpy()
    stayed = (random.random(6_000) < 0.6 + treated * lift).astype(float)

    found = effects_by_segment(stayed, treated, list(segment)).set_index("segment")

    assert found["verdict"].to_dict() == {
        "helped": "more",
        "harmed": "less",
        "same": "no_difference_shown",
        "tiny": "too_few",
    }
    assert np.isnan(found.loc["tiny", "estimate"])
    rows = segment == "same"
    single = effect(stayed[rows], treated[rows])
    assert found.loc["same", "p_value"] == pytest.approx(min(single.p_value * 3, 1))


def test_twenty_segments_without_an_effect_are_rarely_told_to_have_one():
    told = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        treated, stayed = random.random((2, 4_000)) < np.array([[0.5], [0.7]])
        segment = [f"s{number}" for number in random.integers(0, 20, 4_000)]
        verdicts = effects_by_segment(stayed, treated, segment)["verdict"]
        told += not verdicts.eq("no_difference_shown").all()

    assert told <= 8  # 3 to be expected, more than 8 in one of 100 series


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: effect([1, 0], [1, 1]), "2 treated and 0 control"),
        (lambda: effect([1, 0, 1], [1, 0]), "same length"),
        (lambda: effect([1, 0], [1, 2]), "1 .assigned to treatment. or 0"),
        (lambda: effect([1, 0] * 2, [1, 0] * 2, before=[1, 2, 3, np.nan]), "finite numbers for each of 4"),
        (lambda: effect([1, 0] * 2, [1, 0] * 2, cluster=[1, 1, 1, 1]), "at least two groups"),
        (lambda: effect([1, 0] * 2, [1, 0] * 2, level=95), "level must be above 0"),
    ],
)
def test_rows_that_cannot_be_compared_are_refused(work, message):
    with pytest.raises(JudgementError, match=message):
        work()
