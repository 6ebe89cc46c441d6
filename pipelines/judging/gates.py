"""The gates, with everything that is known about the model as their evidence."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.judging.material import Material
from pipelines.judging.segments import TENURE_CLASS, TIERS
from pipelines.judging.slices import training_cutoffs

if TYPE_CHECKING:
    import pandas as pd


def findings(material: Material, divided: dict[str, pd.Series], drift: pd.DataFrame) -> list[dict[str, Any]]:
    """Check every gate; each finding says what it saw, why it matters and what to do, in both languages."""
    from evaluation.gates import Evidence, run_gates
    from pipelines.judging.population import alone

    train = material.rows.train
    evidence = Evidence(
        label=material.label,
        probability=material.scores(material.best),
        customer=material.customer,
        cutoff=material.test["cutoff"].to_numpy() if "cutoff" in material.test else None,
        baseline_probability=None if material.rule is None else material.scores(material.rule),
        previous_probability=_previous(material),
        segments=_traits(divided) or None,
        train_customer=train.customer if train.cutoff is None else None,
        train_outcome_end=_ends(material),
        single_signal_auc=alone(train),
        signal_drift=drift,
        feature_names=material.record["features"][material.best],
        split="flat" if train.cutoff is None else "time",
    )
    if train.cutoff is None:
        evidence = _by_name(evidence, material)
    return [asdict(finding) for finding in run_gates(evidence, material.settings.gates)]


def _traits(divided: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """Leave out classes of a number that itself foretells leaving: within them every model ranks worse."""
    return {name: values for name, values in divided.items() if name not in (TENURE_CLASS, TIERS)}


def _by_name(evidence: Any, material: Material) -> Any:
    """Name customers, where the two slices are compared with each other."""
    from dataclasses import replace

    return replace(evidence, customer=material.rows.test.customer)


def _ends(material: Material) -> np.ndarray | None:
    if material.calendar["flat"]:
        return None
    reach = np.timedelta64(material.calendar["gap_days"] + material.calendar["horizon_days"], "D")
    return np.array(training_cutoffs(material.calendar), dtype="datetime64[us]") + reach


def _previous(material: Material) -> np.ndarray | None:
    """Score of each test customer at the last validation cutoff, missing where it had none."""
    if material.validation is None:
        return None
    last = material.validation[material.validation["cutoff"] == material.validation["cutoff"].max()]
    before = last.set_index("customer_id")[material.best]
    return before.reindex(material.test["customer_id"]).to_numpy(dtype=np.float64)
