"""A small neural net on the smooth columns of the logistic regression, for comparison; saved as plain arrays."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.contributions import Contributions
from training.encoding import Encoding
from training.errors import TrainingError
from training.examples import Examples
from training.logistic import Term, design_matrix, learn_terms, within_cells
from training.model import read_json, write_json
from training.scoring import expit

Floats = npt.NDArray[np.float64]
# Hidden weights and offsets, output weights and offset.
Layer = tuple[Floats, Floats, Floats, Floats]

NET_FILE = "net.npz"
TERMS_FILE = "terms.json"
MEMBERS = 3
PASSES = 40
LEARNING_RATE = 0.003
CELLS = 20_000_000
BATCH_ROWS = 20_000


@dataclass(frozen=True)
class NeuralNetCore:
    """The mean log odds of a few nets with one hidden layer.

    Parameters
    ----------
    terms
        How each column enters.
    center, spread
        Mean and standard deviation of each column of the design.
    layers
        For each net: hidden weights and offsets, output weights and offset.
    """

    terms: tuple[Term, ...]
    center: Floats
    spread: Floats
    layers: tuple[Layer, ...]

    family: ClassVar[str] = "neural_net"

    @property
    def features(self) -> list[str]:
        """Columns read, in order."""
        return [term.column.name for term in self.terms]

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Probability of each row, shape ``(rows,)``."""
        log_odds = np.empty(len(frame))
        for start in range(0, len(frame), BATCH_ROWS):
            batch = slice(start, start + BATCH_ROWS)
            design = (design_matrix(self.terms, frame.iloc[batch]) - self.center) / self.spread
            log_odds[batch] = np.mean([_net(design, layer) for layer in self.layers], axis=0)
        return expit(log_odds)

    def importance(self) -> dict[str, float]:
        """Sum of the absolute weights from each column to the hidden layer, times those from there to the output."""
        paths = np.mean([np.abs(first) @ np.abs(last).ravel() for first, _, last, _ in self.layers], axis=0)
        ends = np.cumsum([term.width for term in self.terms])
        return {
            term.column.name: float(paths[end - term.width : end].sum())
            for term, end in zip(self.terms, ends, strict=True)
        }

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """Refuse: a net has no parts that could be told exactly in reasonable time.

        Raises
        ------
        TrainingError
            Always.
        """
        raise TrainingError(
            "contributions of a neural net",
            "any other family, and blends of others",
            "explain a model of another family",
        )

    def save(self, folder: Path) -> None:
        """Write arrays without pickles, and the terms as JSON."""
        arrays = {f"{net}_{part}": values for net, layer in enumerate(self.layers) for part, values in enumerate(layer)}
        np.savez(folder / NET_FILE, allow_pickle=False, center=self.center, spread=self.spread, **arrays)
        write_json(folder / TERMS_FILE, [term.to_json() for term in self.terms])

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what :meth:`save` wrote."""
        terms = tuple(Term.from_json(term) for term in read_json(folder / TERMS_FILE))
        with np.load(folder / NET_FILE, allow_pickle=False) as arrays:
            layers = tuple(
                (arrays[f"{net}_0"], arrays[f"{net}_1"], arrays[f"{net}_2"], arrays[f"{net}_3"])
                for net in range(MEMBERS)
            )
            return cls(terms, arrays["center"], arrays["spread"], layers)


def fit_neural_net(
    examples: Examples, encoding: Encoding, parameters: Mapping[str, Any], *, seed: int
) -> NeuralNetCore:
    """Fit the nets.

    Parameters
    ----------
    examples
        Rows to learn from.
    encoding
        Kinds and categories of the columns.
    parameters
        ``hidden``: units of the hidden layer; ``alpha``: L2 penalty.
    seed
        The same seed gives the same nets.

    Returns
    -------
    NeuralNetCore
        The mean of three nets from different starts.
    """
    terms = learn_terms(encoding, examples.features)
    chosen = within_cells(examples, terms, CELLS)
    design = design_matrix(terms, chosen.features)
    center, spread = design.mean(axis=0), np.maximum(design.std(axis=0), 1e-9)
    rows = replace(chosen, weight=chosen.relative_weight())
    inputs = (design - center) / spread
    layers = tuple(_fit_net(inputs, rows, parameters, seed + member) for member in range(MEMBERS))
    return NeuralNetCore(terms, center, spread, layers)


def _fit_net(inputs: Floats, rows: Examples, parameters: Mapping[str, Any], seed: int) -> Layer:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    net = MLPClassifier(
        (parameters["hidden"],),
        alpha=parameters["alpha"],
        learning_rate_init=LEARNING_RATE,
        max_iter=PASSES,
        n_iter_no_change=PASSES,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # The number of passes is fixed on purpose: stopping early is part of the penalty.
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.fit(inputs, rows.label, sample_weight=rows.weight)
    first, last = net.coefs_
    return first, net.intercepts_[0], last, net.intercepts_[1]


def _net(design: Floats, layer: Layer) -> Floats:
    first, offset, last, out = layer
    return (np.maximum(design @ first + offset, 0.0) @ last).ravel() + out[0]
