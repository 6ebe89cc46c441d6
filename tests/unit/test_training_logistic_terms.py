"""What a column adds to the log odds is its design times the coefficients, however it is worked out."""

import numpy as np
import pandas as pd
import pytest

from training.encoding import learn_encoding
from training.logistic import BATCH_ROWS, LogisticCore, design_matrix, learn_terms
from training.scoring import expit

RANDOM = np.random.default_rng(0)
TAUGHT = pd.DataFrame(
    {
        "smooth": RANDOM.normal(size=400),
        "with_gaps": np.where(RANDOM.random(400) < 0.3, np.nan, RANDOM.exponential(size=400)),
        "always_the_same": 3.0,
        "rarely_another": np.where(np.arange(400) == 7, 9.0, 1.0),
        "flag": RANDOM.random(400) < 0.2,
        "plan": RANDOM.choice(["basic", "plus", "pro"], 400),
        "often_unknown": np.where(RANDOM.random(400) < 0.5, None, "shop"),
        "never_known": np.full(400, np.nan),
    }
)
MET = TAUGHT.assign(
    smooth=TAUGHT["smooth"] * 5,
    plan=np.where(np.arange(400) % 3 == 0, "never seen", TAUGHT["plan"]),
    always_the_same=np.where(np.arange(400) % 2 == 0, np.nan, 4.0),
    never_known=np.where(np.arange(400) % 2 == 0, np.inf, 2.0),
)
TERMS = learn_terms(learn_encoding(TAUGHT), TAUGHT)


@pytest.mark.parametrize("frame", [TAUGHT, MET, MET.iloc[:1], MET.iloc[:0]], ids=["taught", "met", "one", "none"])
@pytest.mark.parametrize("term", TERMS, ids=[term.column.name for term in TERMS])
def test_a_column_adds_its_design_times_its_weights(term, frame):
    weights = np.random.default_rng(term.width).normal(size=term.width)

    added = term.adds(frame, weights)

    assert added.shape == (len(frame),)
    np.testing.assert_allclose(added, term.design(frame) @ weights, atol=1e-12)


def test_a_regression_adds_up_its_columns_in_every_batch():
    weights = np.random.default_rng(1).normal(size=sum(term.width for term in TERMS))
    core = LogisticCore(TERMS, tuple(weights), -0.7, tuple(np.zeros(len(weights))))
    many = pd.concat([MET] * (2 * BATCH_ROWS // len(MET) + 1), ignore_index=True)

    expected = expit(design_matrix(TERMS, many) @ weights - 0.7)
    np.testing.assert_allclose(core.probability(many), expected, atol=1e-12)
    assert expected.std() > 0.1
