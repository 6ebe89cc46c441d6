"""The written space in which booster settings are searched, each limit with its reason, and where the search begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Range:
    """One searched setting.

    Parameters
    ----------
    low, high
        Inclusive limits.
    reason
        Why these limits.
    log
        Whether steps are multiplicative.
    whole
        Whether only whole numbers are tried.
    """

    low: float
    high: float
    reason: str
    log: bool = False
    whole: bool = False

    def suggest(self, trial: optuna.Trial, name: str) -> float | int:
        """Ask the study for a value."""
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


SPACE: dict[str, Range] = {
    "learning_rate": Range(
        0.015, 0.2, "the number of trees is found by the curve; slower costs time for less and less", log=True
    ),
    "max_depth": Range(1, 8, "stumps are additive and win on small tables; past 8, noise is learnt", whole=True),
    "min_child_weight": Range(
        0.5, 100.0, "p(1-p) summed over a leaf: about 2 to 500 customers, noise against rare groups", log=True
    ),
    "subsample": Range(0.5, 1.0, "half the rows a tree decorrelates trees; less starves small tables"),
    "colsample_bytree": Range(0.2, 1.0, "families of signals say nearly the same; hiding some lets the others speak"),
    "reg_lambda": Range(0.1, 100.0, "draws small leaves towards zero; the range covers none to strong", log=True),
    "reg_alpha": Range(0.001, 10.0, "silences leaves without a clear direction", log=True),
    "max_cat_to_onehot": Range(2, 32, "few categories one against the rest, more by groups", log=True, whole=True),
}

# Tried before anything else: settings that did well on many tables of customers.
STARTS: tuple[Parameters, ...] = (
    {
        "learning_rate": 0.04,
        "max_depth": 3,
        "min_child_weight": 5.0,
        "subsample": 0.8,
        "colsample_bytree": 0.5,
        "reg_lambda": 5.0,
        "reg_alpha": 0.05,
        "max_cat_to_onehot": 8,
    },
    {
        "learning_rate": 0.06,
        "max_depth": 2,
        "min_child_weight": 5.0,
        "subsample": 0.8,
        "colsample_bytree": 0.5,
        "reg_lambda": 5.0,
        "reg_alpha": 0.05,
        "max_cat_to_onehot": 8,
    },
    {
        "learning_rate": 0.04,
        "max_depth": 5,
        "min_child_weight": 20.0,
        "subsample": 0.7,
        "colsample_bytree": 0.4,
        "reg_lambda": 10.0,
        "reg_alpha": 0.05,
        "max_cat_to_onehot": 8,
    },
    {
        "learning_rate": 0.1,
        "max_depth": 1,
        "min_child_weight": 5.0,
        "subsample": 0.8,
        "colsample_bytree": 0.5,
        "reg_lambda": 1.0,
        "reg_alpha": 0.05,
        "max_cat_to_onehot": 8,
    },
)
