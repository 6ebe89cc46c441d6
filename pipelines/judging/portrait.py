"""Who the high-risk customers are, in a few traits, and which signals the model reads together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.judging.material import Material

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.model.portrait import Sample

MOST_ROWS = 20_000
PAIRED = 6


def portrait(material: Material) -> dict[str, Any]:
    """Draw the high-risk portraits on the validation cutoffs and check them on the test slice.

    The probabilities of the validation cutoffs come from models that had not seen them. A flat table has none: its
    portraits are drawn on the training rows, on which the model is surer than it should be.
    """
    from evaluation.model.portrait import Sample, portraits

    test = material.rows.test
    check = Sample(test.signals, material.scores(material.best), material.label, material.customer)
    learn = _taught(material) if material.validation is None else _chosen(material)
    return portraits(learn, check, material.signals, names=material.project.value_names)


def acting_together(material: Material, reasons: pd.DataFrame | None) -> pd.DataFrame | None:
    """Measure how far the weightiest signals act in pairs; none where the model has no reasons or fewer than two."""
    from scipy.special import logit

    from evaluation.model.interactions import interactions
    from training.model import load_model

    if reasons is None or len(reasons) < 2:
        return None
    model = load_model(material.folder / material.best)
    speakers = reasons["speaker"].head(PAIRED).tolist()
    return interactions(lambda frame: logit(model.predict(frame)), material.rows.test.signals[model.features], speakers)


def _chosen(material: Material) -> Sample:
    """Rows of the validation cutoffs with the predictions made there."""
    import pandas as pd

    assert material.validation is not None
    train = material.rows.train
    keys = pd.DataFrame({"customer_id": train.customer, "cutoff": train.cutoff, "row": np.arange(len(train.label))})
    given = material.validation[["customer_id", "cutoff", material.best]].astype({"customer_id": "str"})
    found = keys.astype({"customer_id": "str"}).merge(given, on=["customer_id", "cutoff"])
    return _sample(material, found["row"].to_numpy(), found[material.best].to_numpy())


def _taught(material: Material) -> Sample:
    from training.model import load_model

    signals = material.rows.train.signals
    return _sample(material, np.arange(len(signals)), load_model(material.folder / material.best).predict(signals))


def _sample(material: Material, rows: np.ndarray, probability: np.ndarray) -> Sample:
    """Take some of the training rows where there are very many: a shallow tree needs no more."""
    from evaluation.model.portrait import Sample

    some = np.arange(len(rows))
    if len(rows) > MOST_ROWS:
        some = np.sort(np.random.default_rng(0).choice(some, MOST_ROWS, replace=False))
    train, place = material.rows.train, rows[some]
    return Sample(train.signals.iloc[place], probability[some], train.label[place], train.customer[place])
