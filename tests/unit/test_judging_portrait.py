"""The portrait of a trained model: drawn on rows that its predictions had not seen, checked on the test slice."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from evaluation.value_names import SHIPPED
from pipelines.judging import portrait

CUTOFFS = np.array(["2026-01-01", "2026-03-01"], dtype="datetime64[us]")
ROWS = 600


def drawn(seed, cutoff):
    """Customers with few logins leave; each has its own number."""
    random = np.random.default_rng(seed)
    signals = pd.DataFrame({"logins": random.poisson(5, ROWS).astype(float), "noise": random.normal(size=ROWS)})
    label = (random.random(ROWS) < np.where(signals["logins"] <= 2, 0.5, 0.02)).astype(np.int8)
    customer = np.array([f"c{number}" for number in range(ROWS)], dtype=object)
    return SimpleNamespace(signals=signals, label=label, customer=customer, cutoff=np.full(ROWS, cutoff))


def probability(signals):
    return expit(3 - 2 * signals["logins"].to_numpy())


@pytest.fixture
def material():
    early, late, test = drawn(0, CUTOFFS[0]), drawn(1, CUTOFFS[1]), drawn(2, np.datetime64("2026-06-01", "us"))
    train = SimpleNamespace(
        signals=pd.concat([early.signals.assign(logins=0.0), late.signals], ignore_index=True),
        label=np.r_[early.label, late.label],
        customer=np.r_[early.customer, late.customer],
        cutoff=np.r_[early.cutoff, late.cutoff],
    )
    validation = pd.DataFrame(
        {"customer_id": late.customer, "cutoff": late.cutoff, "xgboost": probability(late.signals)}
    ).sample(frac=1, random_state=0)
    return SimpleNamespace(
        best="xgboost",
        rows=SimpleNamespace(train=train, test=test),
        validation=validation,
        signals={},
        project=SimpleNamespace(value_names=SHIPPED),
        label=test.label.astype(float),
        customer=np.arange(ROWS),
        scores=lambda family: probability(test.signals),
        folder=Path("models"),
    )


def test_a_portrait_is_drawn_on_the_validation_cutoffs_and_checked_on_the_test_slice(material):
    found = portrait.portrait(material)
    first = found["portraits"][0]
    few = (material.rows.test.signals["logins"] <= 2).to_numpy()
    assert first["traits_en"][0] in ("logins: at most 1", "logins: at most 2")
    assert first["rate"] == pytest.approx(material.label[few].mean(), abs=0.1)
    assert found["customers"] == ROWS
    json.dumps(found, allow_nan=False)


def test_many_rows_are_sampled(material, monkeypatch):
    monkeypatch.setattr(portrait, "MOST_ROWS", 300)
    assert len(portrait._chosen(material).signals) == 300


def test_without_validation_cutoffs_the_training_rows_are_asked(material, monkeypatch):
    import training.model

    monkeypatch.setattr(training.model, "load_model", lambda folder: SimpleNamespace(predict=probability))
    flat = SimpleNamespace(**(vars(material) | {"validation": None}))
    assert len(portrait._taught(flat).signals) == 2 * ROWS
    assert portrait.portrait(flat)["portraits"]


def test_pairs_of_the_weightiest_signals_are_measured(material, monkeypatch):
    import training.model

    model = SimpleNamespace(predict=probability, features=["logins", "noise"])
    monkeypatch.setattr(training.model, "load_model", lambda folder: model)
    found = portrait.acting_together(material, pd.DataFrame({"speaker": ["logins", "noise"]}))
    assert found[["first", "second"]].to_numpy().tolist() == [["logins", "noise"]]
    assert found["effect"].tolist() == pytest.approx([0], abs=1e-9)
    assert portrait.acting_together(material, None) is None
    assert portrait.acting_together(material, pd.DataFrame({"speaker": ["logins"]})) is None
