"""Which signals act together: on models whose answer is written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import JudgementError
from evaluation.model.interactions import interactions

RANDOM = np.random.default_rng(0)
SIGNALS = pd.DataFrame(RANDOM.normal(size=(1500, 5)), columns=list("abcde"))
SIGNALS["word"] = pd.Categorical(RANDOM.choice(["x", "y"], 1500))


def log_odds(frame):
    together = frame["c"] * frame["d"]
    return (frame["a"] + frame["b"] + 0.5 * together + 0.3 * (frame["word"] == "x")).to_numpy(dtype=float)


def test_the_signals_given_stay_as_they_were():
    before = SIGNALS.copy()
    interactions(log_odds, SIGNALS, ["a", "c"], rows=5)
    pd.testing.assert_frame_equal(SIGNALS, before)


def test_a_planted_interaction_is_found_and_sums_have_none():
    found = interactions(log_odds, SIGNALS, ["a", "c", "d", "e", "word"])
    assert (found.loc[0, "first"], found.loc[0, "second"]) == ("c", "d")
    assert found.loc[0, "strength"] > 0.8
    assert found.loc[1:, "effect"].to_numpy() == pytest.approx(0, abs=1e-9)
    assert found.loc[1:, "strength"].to_numpy() == pytest.approx(0, abs=1e-6)


def test_the_effect_of_a_product_is_that_of_its_centred_factors():
    """For f = c d the part beyond the sum is (c - mean c)(d - mean d), centred."""
    sample = SIGNALS[["c", "d"]].iloc[:30]
    found = interactions(lambda frame: (frame["c"] * frame["d"]).to_numpy(), sample, ["c", "d"], rows=30)
    product = (sample["c"] - sample["c"].mean()) * (sample["d"] - sample["d"].mean())
    assert found.loc[0, "effect"] == pytest.approx(product.std(ddof=0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interactions(log_odds, SIGNALS, ["a"]), "2 or more known columns"),
        (lambda: interactions(log_odds, SIGNALS, ["a", "nothing"]), "1 are unknown"),
    ],
)
def test_what_cannot_be_asked_is_refused(call, message):
    with pytest.raises(JudgementError, match=message):
        call()
