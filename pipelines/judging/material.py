"""What a judgement has before it, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact_records import Trained
from pipelines.config import EvaluateSettings, Project
from pipelines.errors import NothingToLearn
from pipelines.horizons import TESTED as TESTED_HORIZONS
from pipelines.judging.slices import Slices, slices
from pipelines.records import read_record

if TYPE_CHECKING:
    import pandas as pd

BASELINE = "recency_rule"
RECORD, TESTED, VALIDATED = "training.json", "test_predictions.parquet", "validation_predictions.parquet"
TENTH = 0.1


@dataclass(frozen=True, eq=False)
class Material:
    """Predictions on unseen customers, their signals, and what is known about the training.

    Parameters
    ----------
    project, settings
        The project and its section ``evaluate``.
    record
        What training left in writing.
    calendar, accepted, labels
        Artifacts of those names.
    test
        Predictions of every family on the test slice, one row a customer.
    validation
        Predictions of every family on the validation cutoffs; none for a flat table.
    rows
        Signals of training and test rows.
    folder
        Where the fitted models are.
    horizons
        Predictions of the best model within each horizon; none where there is one horizon alone.
    """

    project: Project
    settings: EvaluateSettings
    record: Trained
    calendar: dict[str, Any]
    accepted: dict[str, Any]
    labels: pd.DataFrame
    test: pd.DataFrame
    validation: pd.DataFrame | None
    rows: Slices
    folder: Path
    horizons: pd.DataFrame | None = None

    @property
    def best(self) -> str:
        """The family chosen by validation."""
        return str(self.record["best"])

    @property
    def rule(self) -> str | None:
        """Column of the rule to beat; none where it was not trained, or is itself the best."""
        return BASELINE if BASELINE in self.test and self.best != BASELINE else None

    @cached_property
    def label(self) -> NDArray[np.float64]:
        """Outcome of each test row."""
        return self.test["churned"].to_numpy(dtype=np.float64)

    @cached_property
    def customer(self) -> NDArray[np.intp]:
        """Number of each test row's customer; numbers are grouped faster than names."""
        import pandas as pd

        return pd.factorize(self.test["customer_id"], sort=True)[0]

    @property
    def capacity(self) -> int:
        """Customers that can be contacted; a tenth of those judged where the project names none."""
        return self.settings.capacity or max(round(TENTH * len(self.test)), 1)

    @cached_property
    def signals(self) -> dict[str, Any]:
        """Declared signals by column; a flat table has none."""
        from pipelines.panel import project_signals

        return {} if self.calendar["flat"] else dict(project_signals(self.project))

    def scores(self, family: str) -> NDArray[np.float64]:
        """Probabilities of a family on the test rows."""
        return self.test[family].to_numpy(dtype=np.float64)


def read_material(
    project: Project,
    settings: EvaluateSettings,
    panel: Path,
    labels: pd.DataFrame,
    calendar: dict[str, Any],
    accepted: dict[str, Any],
    trained: Path,
) -> Material:
    """Read everything that is judged.

    Raises
    ------
    NothingToLearn
        If all customers of the test slice have the same outcome.
    """
    import pandas as pd

    record = read_record(trained / RECORD, Trained, "train again: churnlab train --force")
    test = pd.read_parquet(trained / TESTED)
    if test["churned"].nunique() < 2:
        raise NothingToLearn(
            f"The {len(test):,} customers of the test slice all have the same outcome",
            do="choose another label.test_cutoff, a longer horizon, or more data",
        )
    validation, horizons = trained / VALIDATED, trained / TESTED_HORIZONS
    columns = None if calendar["flat"] else _columns(panel, record, settings)
    return Material(
        project=project,
        settings=settings,
        record=record,
        calendar=calendar,
        accepted=accepted,
        labels=labels,
        test=test,
        validation=pd.read_parquet(validation) if validation.is_file() else None,
        rows=slices(project, panel, labels, calendar, test, columns),
        folder=trained / "models",
        horizons=pd.read_parquet(horizons) if horizons.is_file() else None,
    )


def _columns(panel: Path, record: Trained, settings: EvaluateSettings) -> list[str]:
    """Signals of the best model, and those by which customers are divided or valued."""
    import pyarrow.parquet as parquet

    from pipelines.customer_value import VALUES
    from pipelines.judging.segments import SEGMENTATIONS, TENURE

    there = parquet.read_schema(next(iter(sorted(panel.glob("*.parquet"))))).names
    wanted = [*(settings.segments or SEGMENTATIONS), TENURE, *VALUES, settings.value_column]
    model = record["features"][record["best"]]
    return [*model, *(name for name in wanted if name in there and name not in model)]
