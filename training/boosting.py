"""XGBoost on encoded columns; saved as UBJ beside a JSON file of columns and categories."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.contributions import Contributions
from training.encoding import Encoding
from training.examples import Examples
from training.model import read_json, write_json
from training.scoring import expit

if TYPE_CHECKING:
    import xgboost

    from training.tree_contributions import TreeExplainer
    from training.tree_values import TreeSum

Floats = npt.NDArray[np.float64]
# Signals, labels and weights of some rows.
Batch = tuple[pd.DataFrame, npt.NDArray[np.int8], Floats | None]

BOOSTER_FILE = "booster.ubj"
ENCODING_FILE = "encoding.json"
BINS = 256
# Rows encoded at a time while the quantised matrix is built, so that the full matrix never exists.
BATCH_ROWS = 100_000
# Cells of a matrix below which one thread is about as fast as several.
SHARED_CELLS = 1_000_000
# Rows from which compiled contributions are worth loading their code (1 s, at first compiling: 5 s). At depth 6 XGBoost
# needs that long for 1,000 to 6,000 rows, at depth 3 for 10,000 and more.
COMPILED_ROWS = 5_000
# Rows times trees from which compiled sums of trees are worth the same; two threads of XGBoost need 1 to 2 s for them.
COMPILED_SUMS = 200_000_000


@dataclass(frozen=True)
class BoostingCore:
    """A booster and the encoding of its columns.

    Parameters
    ----------
    encoding
        Columns and categories in the booster's order.
    booster
        The fitted trees.
    tree_sum
        The same trees made ready for many rows.
    """

    encoding: Encoding
    booster: xgboost.Booster
    tree_sum: TreeSum | None = None

    family: ClassVar[str] = "xgboost"

    @property
    def features(self) -> list[str]:
        """Columns read, in order."""
        return self.encoding.names

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Probability of each row, shape ``(rows,)``."""
        margin = np.empty(len(frame))
        for start in range(0, len(frame), BATCH_ROWS):
            batch = slice(start, start + BATCH_ROWS)
            margin[batch] = self._margin(self.encoding.matrix(frame.iloc[batch]))
        return expit(margin)

    def ready_for(self, rows: int) -> Self:
        """Make trees ready by :mod:`training.tree_values` where that pays; the probabilities stay the same bits."""
        if rows * self.booster.num_boosted_rounds() < COMPILED_SUMS or importlib.util.find_spec("numba") is None:
            return self
        from training.tree_values import TreeSum

        return replace(self, tree_sum=TreeSum.of(self.booster))

    def importance(self) -> dict[str, float]:
        """Loss saved in total by the splits on each column (XGBoost's ``total_gain``), in nats."""
        gains = self.booster.get_score(importance_type="total_gain")
        return {name: float(gains.get(f"f{position}", 0.0)) for position, name in enumerate(self.features)}

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """What each column adds: path-dependent TreeSHAP (Lundberg et al. 2020), equal to XGBoost's ``pred_contribs``.

        From :data:`COMPILED_ROWS` rows on it is computed by :mod:`training.tree_contributions`, many times faster than
        by XGBoost itself; below, without numba, and for boosters that it does not cover, by XGBoost.
        """
        values, explainer = np.empty((len(frame), len(self.features))), self._explainer(len(frame))
        self.booster.set_param({"nthread": os.cpu_count() or 1})
        for start in range(0, len(frame), BATCH_ROWS):
            batch = slice(start, start + BATCH_ROWS)
            if explainer is None:
                values[batch] = self.booster.predict(self._matrix(frame.iloc[batch]), pred_contribs=True)[:, :-1]
            else:
                values[batch] = explainer.values(self.encoding.matrix(frame.iloc[batch]))
        return Contributions(tuple(self.features), values, self._base())

    def save(self, folder: Path) -> None:
        """Write the trees as UBJ and the encoding as JSON."""
        self.booster.save_model(folder / BOOSTER_FILE)
        write_json(folder / ENCODING_FILE, self.encoding.to_json())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what :meth:`save` wrote."""
        import xgboost

        booster = xgboost.Booster()
        booster.load_model(folder / BOOSTER_FILE)
        return cls(Encoding.from_json(read_json(folder / ENCODING_FILE)), booster)

    def _margin(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if self.tree_sum is not None:
            return self.tree_sum.margin(matrix)
        self.booster.set_param({"nthread": threads_for(*matrix.shape)})
        margin: npt.NDArray[np.float32] = self.booster.inplace_predict(matrix, predict_type="margin")
        return margin

    def _matrix(self, frame: pd.DataFrame) -> xgboost.DMatrix:
        return self._encoded(self.encoding.matrix(frame))

    def _encoded(self, values: npt.NDArray[np.float32]) -> xgboost.DMatrix:
        import xgboost

        types, threads = column_types(self.encoding), threads_for(*values.shape)
        return xgboost.DMatrix(values, feature_types=types, enable_categorical=True, nthread=threads)

    def _base(self) -> float:
        """Mean log odds of the trees, which XGBoost tells along with the contributions of any row."""
        unknown = np.full((1, len(self.features)), np.nan, dtype=np.float32)
        return float(self.booster.predict(self._encoded(unknown), pred_contribs=True)[0, -1])

    def _explainer(self, rows: int) -> TreeExplainer | None:
        if rows < COMPILED_ROWS or importlib.util.find_spec("numba") is None:
            return None
        from training.cover_trees import booster_trees
        from training.tree_contributions import TreeExplainer

        trees = booster_trees(self.booster)
        return None if trees is None else TreeExplainer.of(trees)


def fit_boosting(
    examples: Examples, encoding: Encoding, parameters: Mapping[str, Any], *, seed: int, device: str = "cpu"
) -> BoostingCore:
    """Fit a booster.

    Parameters
    ----------
    examples
        Rows to learn from.
    encoding
        Kinds and categories of the columns.
    parameters
        XGBoost's own names, and ``rounds``: the number of trees.
    seed
        The same seed and rows give the same bytes.
    device
        ``cpu`` or ``cuda``.

    Returns
    -------
    BoostingCore
        The fitted trees.
    """
    import xgboost

    matrix = quantile_matrix(examples, encoding)
    settings = booster_settings(
        parameters, seed=seed, device=device, threads=threads_for(matrix.num_row(), matrix.num_col())
    )
    return BoostingCore(encoding, xgboost.train(settings, matrix, num_boost_round=int(parameters["rounds"])))


def threads_for(rows: int, columns: int) -> int:
    """Choose one thread for a small matrix, where waiting for each other costs more than sharing saves, else all."""
    return 1 if rows * columns < SHARED_CELLS else (os.cpu_count() or 1)


def booster_settings(parameters: Mapping[str, Any], *, seed: int, device: str, threads: int) -> dict[str, Any]:
    """Join what was searched and what never changes; trees do not depend on the number of threads."""
    searched = {name: value for name, value in parameters.items() if name != "rounds"}
    return {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_bin": BINS,
        "device": device,
        "seed": seed,
        # Else boosters that grow side by side would draw from one stream of random numbers.
        "seed_per_iteration": True,
        "nthread": threads,
        "verbosity": 0,
        **searched,
    }


def direction_settings(encoding: Encoding, directions: Mapping[str, int]) -> dict[str, Any]:
    """Turn directions of risk into XGBoost's setting; categories have none.

    Parameters
    ----------
    encoding
        Columns in the booster's order.
    directions
        1 where the risk may only rise with the column, -1 where it may only fall.

    Returns
    -------
    dict
        Empty without directions.
    """
    signs = [0 if column.categories is not None else directions.get(column.name, 0) for column in encoding.columns]
    return {"monotone_constraints": tuple(signs)} if any(signs) else {}


def quantile_matrix(
    examples: Examples, encoding: Encoding, reference: xgboost.QuantileDMatrix | None = None
) -> xgboost.QuantileDMatrix:
    """Quantised matrix of the rows, built batch by batch.

    Parameters
    ----------
    examples
        Rows.
    encoding
        Kinds and categories of the columns.
    reference
        Matrix whose bins are used; needed for rows that are only judged.

    Returns
    -------
    xgboost.QuantileDMatrix
        Shape ``(rows, columns)`` with labels and weights.
    """
    import xgboost

    class Batches(xgboost.DataIter):  # type: ignore[misc]
        """Feed the rows to XGBoost a batch at a time."""

        def __init__(self) -> None:
            self.batches: Iterator[Batch] = iter(())
            super().__init__()

        def next(self, input_data: Any) -> bool:
            """Hand over the next batch; false when there is none."""
            batch = next(self.batches, None)
            if batch is None:
                return False
            features, label, weight = batch
            input_data(data=encoding.matrix(features), label=label, weight=weight, feature_types=column_types(encoding))
            return True

        def reset(self) -> None:
            """Start again from the first row."""
            self.batches = _batches(examples)

    threads = threads_for(len(examples), len(encoding.columns))
    return xgboost.QuantileDMatrix(Batches(), max_bin=BINS, ref=reference, enable_categorical=True, nthread=threads)


def column_types(encoding: Encoding) -> list[str]:
    """XGBoost's type of each column: ``q`` for a number, ``c`` for a category."""
    return ["q" if column.categories is None else "c" for column in encoding.columns]


def _batches(examples: Examples) -> Iterator[Batch]:
    """Give views of the rows: XGBoost goes over them four times, and copies would cost more than encoding."""
    weight = examples.relative_weight()
    for start in range(0, len(examples), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        yield examples.features.iloc[rows], examples.label[rows], None if weight is None else weight[rows]
