"""What the gates look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaluation.errors import JudgementError
from evaluation.gates.words import Words
from evaluation.model.rows import Rows, same_length

Column = NDArray[np.generic]

MEANING = {
    "label": Words("the outcomes of the test slice", "测试集的结果标签"),
    "probability": Words("the probabilities of the test slice", "测试集的预测概率"),
    "customer": Words("the customers of the test slice", "测试集的客户编号"),
    "cutoff": Words("the cutoffs of the test slice", "测试集的截止时刻"),
    "baseline_probability": Words("the scores of the recency rule", "最近活跃规则的评分"),
    "previous_probability": Words("earlier scores of the same customers", "同一批客户此前的评分"),
    "segments": Words("the segments of the test slice", "测试集的客户分群"),
    "train_customer": Words("the customers of the training slice", "训练集的客户编号"),
    "train_outcome_end": Words("the ends of the training outcome windows", "训练集结果窗口的结束时刻"),
    "single_signal_auc": Words("the AUC of each signal alone", "各信号单独的 AUC"),
    "signal_drift": Words("the drift of the signals since training", "各信号自训练以来的漂移"),
    "signature_present": Words("whether the model was saved with a signature", "模型保存时是否带有输入输出签名"),
}
"""What each part of the evidence is, by its name."""

OF_TEST_ROWS = ("label", "probability", "customer", "cutoff", "baseline_probability", "previous_probability")


class NotApplicableError(Exception):
    """A gate has nothing to look at; carries the reason in both languages."""

    def __init__(self, reason: Words) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Everything known about a model before its promotion; a part that is None makes gates that need it not applicable.

    Parameters
    ----------
    label, probability
        Shape (test rows,): outcome 0 or 1 and predicted probability.
    customer, cutoff
        Shape (test rows,): who, and the instant of prediction.
    baseline_probability
        Shape (test rows,): scores of the recency rule, any number that is higher for riskier customers.
    previous_probability
        Shape (test rows,): scores of the same customers by the model or cutoff before, NaN where there was none.
    segments
        Segmentations by name, each of shape (test rows,).
    train_customer
        Customers of the training rows, any length.
    train_outcome_end
        Ends of the outcome windows of the training rows, or just the latest, exclusive.
    single_signal_auc
        ROC AUC of each signal alone on training rows: `evaluation.model.signals.single_signal_auc`.
    signal_drift
        Drift of each signal from training to test: `evaluation.model.drift.signal_drift`.
    feature_names
        Signals the model reads; limits what is reported about signals to these.
    split
        ``time``: tested on later cutoffs; ``flat``: tested on other customers of one table without time.
        Without it a test slice with cutoffs counts as ``time``.
    signature_present
        Whether the saved model says which columns it takes and gives.

    Raises
    ------
    JudgementError
        For test columns of different lengths, labels other than 0 and 1 and values that are no probabilities.
    """

    label: ArrayLike | None = None
    probability: ArrayLike | None = None
    customer: ArrayLike | None = None
    cutoff: ArrayLike | None = None
    baseline_probability: ArrayLike | None = None
    previous_probability: ArrayLike | None = None
    segments: Mapping[str, ArrayLike] | None = None
    train_customer: ArrayLike | None = None
    train_outcome_end: ArrayLike | None = None
    single_signal_auc: Mapping[str, float] | None = None
    signal_drift: pd.DataFrame | None = None
    feature_names: Sequence[str] | None = None
    split: Literal["time", "flat"] | None = None
    signature_present: bool | None = None

    def __post_init__(self) -> None:
        columns = {name: np.asarray(getattr(self, name)) for name in OF_TEST_ROWS if getattr(self, name) is not None}
        columns |= {name: np.asarray(values) for name, values in (self.segments or {}).items()}
        if columns:
            same_length(**columns)
        if self.label is not None and self.probability is not None:
            Rows.of_probabilities(self.label, self.probability)
        if self.split not in (None, "time", "flat"):
            raise JudgementError(f"split must be 'time' or 'flat'; given {self.split!r}.")

    def columns(self, *names: str) -> list[Column]:
        """Give the named parts as arrays.

        Raises
        ------
        NotApplicableError
            Naming the first part that was not given.
        """
        for name in names:
            if getattr(self, name) is None:
                raise NotApplicableError(not_given(name))
        return [np.asarray(getattr(self, name)) for name in names]

    @property
    def customers(self) -> Column:
        """Customer of each test row; each row its own customer where none were given.

        Raises
        ------
        NotApplicableError
            When the test slice has no labels.
        """
        if self.customer is not None:
            return np.asarray(self.customer)
        return np.arange(self.columns("label")[0].size)

    def reads(self, signal: str) -> bool:
        """Whether the model reads this signal; without a list of features every signal counts."""
        return self.feature_names is None or signal in set(self.feature_names)


def not_given(name: str) -> Words:
    """Say that a part of the evidence was not given."""
    return Words(f"Not given: {MEANING[name].en}.", f"未提供：{MEANING[name].zh}。")
