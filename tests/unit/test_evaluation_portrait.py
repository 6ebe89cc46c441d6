"""The high-risk portrait: finds planted groups, counts them on later rows, and says their traits."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from evaluation.errors import JudgementError
from evaluation.model.portrait import CONFIRMED, NOT_CONFIRMED, TOO_FEW, Sample, lift_interval, portraits
from evaluation.model.portrait_words import Trait, trait_sentence
from features.signal import columns_of, discover

KNOWN = columns_of(discover().values())
LOGINS, INDUSTRY, TICKETS = "usage__logins__30d", "customers__industry__ever", "tickets__open_tickets__90d"


def planted(seed, rows=4000, planted_rate=0.4, rate=0.04):
    """Retailers with few logins leave often; nothing else matters, and the model sees it through noise."""
    random = np.random.default_rng(seed)
    signals = pd.DataFrame(
        {
            LOGINS: random.poisson(8, rows).astype(float),
            INDUSTRY: random.choice(["retail", "software", "finance", "health"], rows),
            TICKETS: random.poisson(1, rows).astype(float),
            "noise": random.normal(size=rows),
        }
    )
    signals.loc[random.random(rows) < 0.1, TICKETS] = np.nan
    member = ((signals[LOGINS] <= 6) & (signals[INDUSTRY] == "retail")).to_numpy()
    truth = np.where(member, planted_rate, rate)
    label = (random.random(rows) < truth).astype(int)
    probability = np.clip(truth + random.normal(0, 0.02, rows), 0.001, 0.999)
    return Sample(signals, probability, label, np.arange(rows)), member


def test_a_planted_group_is_found_described_and_confirmed_on_later_rows():
    (learn, _), (check, member) = planted(0), planted(1)
    found = portraits(learn, check, KNOWN)
    first = found["portraits"][0]
    assert first["verdict"] == CONFIRMED
    assert set(first["signals"]) == {LOGINS, INDUSTRY}
    industry = KNOWN[INDUSTRY].signal.say["en"].format(value="retail")
    assert sorted(first["traits_en"]) == sorted([industry, "Logged in at most 6 times in the last 30 days"])
    assert "近 30 天登录不超过 6 次" in first["traits_zh"]
    assert first["customers"] == member.sum()
    assert first["left"] == np.asarray(check.label)[member].sum()
    assert first["rate"] == pytest.approx(first["left"] / first["customers"])
    wilson = binomtest(first["left"], first["customers"]).proportion_ci(method="wilson")
    assert (first["rate_low"], first["rate_high"]) == pytest.approx((wilson.low, wilson.high))
    assert first["lift"] == pytest.approx(first["rate"] / np.mean(check.label))
    assert first["lift_low"] < first["lift"] < first["lift_high"]
    assert first["recall"] == pytest.approx(first["left"] / np.sum(check.label))
    assert found["fidelity"] > 0.8
    json.dumps(found, allow_nan=False)


def test_a_group_that_the_model_only_imagines_is_not_confirmed():
    random = np.random.default_rng(0)

    def imagined(extra):
        signals = pd.DataFrame(random.normal(size=(3000, 4)), columns=list("abcd"))
        label = (random.random(3000) < 0.1).astype(int)
        label[(signals["a"] > 1).to_numpy().nonzero()[0][:200]] |= random.random(200) < extra
        return Sample(signals, np.where(signals["a"] > 1, 0.5, 0.1), label, np.arange(3000))

    learn = imagined(0.5)
    verdicts = [each["verdict"] for _ in range(20) for each in portraits(learn, imagined(0), {})["portraits"]]
    assert len(verdicts) == 20
    assert verdicts.count(NOT_CONFIRMED) >= 18


def test_groups_of_few_customers_say_nothing():
    (learn, _), (check, _) = planted(0), planted(1)
    few = Sample(check.signals[:60], check.probability[:60], [1, *check.label[1:60]], check.customer[:60])
    assert {each["verdict"] for each in portraits(learn, few, KNOWN)["portraits"][:1]} == {TOO_FEW}


def test_missing_values_are_a_trait_of_their_own():
    random = np.random.default_rng(0)
    value = np.where(random.random(2000) < 0.3, np.nan, random.normal(size=2000))
    truth = np.where(np.isnan(value), 0.5, 0.05)
    label = (random.random(2000) < truth).astype(int)
    sample = Sample(pd.DataFrame({"x": value}), truth, label, np.arange(2000))
    first = portraits(sample, sample, {})["portraits"][0]
    assert first["traits_en"] == ["Not known: x"]
    assert first["customers"] == np.isnan(value).sum()


def test_the_interval_of_a_lift_covers_it_at_its_rate():
    truth = 0.3 / (0.1 * 0.3 + 0.9 * 0.05)
    covered = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        low, high = lift_interval((random.random(150) < 0.3).astype(float), (random.random(1350) < 0.05).astype(float))
        covered.append(low <= truth <= high)
    assert 0.92 <= np.mean(covered) <= 0.98


@pytest.mark.parametrize(
    ("trait", "english", "chinese"),
    [
        (Trait("x", smallest=3.0), "x: at least 3", "x：不少于 3"),
        (Trait("x", largest=3.0), "x: at most 3", "x：不超过 3"),
        (Trait("x", smallest=2.0, largest=5.0), "x: 2 to 5", "x：2 至 5"),
        (Trait("x", largest=0.0, only=0.0), "x: 0", "x：0"),
        (Trait("x", largest=3.0, missing=True), "x: at most 3, or not known", "x：不超过 3，或暂无数据"),
        (Trait("x", missing=True), "Not known: x", "暂无数据：x"),
        (Trait("x"), "Known: x", "有数据：x"),
        (Trait("x", word="tin", is_word=False), "x: not tin", "x：非tin"),
        (Trait("contracts__auto_renew__ever", only=0.0), "Renews by itself: no", "自动续约：否"),
    ],
)
def test_traits_are_said_in_both_languages(trait, english, chinese):
    assert trait_sentence(trait, KNOWN, "en") == english
    assert trait_sentence(trait, KNOWN, "zh").replace(":", "：") == chinese


def test_samples_that_do_not_fit_are_refused():
    (learn, _), (check, _) = planted(0, rows=200), planted(1, rows=200)
    with pytest.raises(JudgementError, match="same signals"):
        portraits(learn, Sample(check.signals[[LOGINS]], check.probability, check.label, check.customer), KNOWN)
    with pytest.raises(JudgementError, match="same outcome"):
        portraits(learn, Sample(check.signals, check.probability, np.zeros(200), check.customer), KNOWN)
    with pytest.raises(JudgementError, match="same length"):
        portraits(learn, Sample(check.signals, check.probability, check.label, np.arange(3)), KNOWN)
