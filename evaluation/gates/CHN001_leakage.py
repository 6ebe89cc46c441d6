"""A signal or a model that is too good to be true has seen the outcome."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.gates.evidence import Evidence, not_given
from evaluation.gates.gate import Finding, Gate, shown
from evaluation.gates.words import NOTHING, Words
from evaluation.model.ranking import roc_auc

_MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Leakage(Gate):
    """Fails when one signal alone, or the model, tells leavers apart almost without error.

    Parameters
    ----------
    largest_signal_auc
        ROC AUC from which a single signal is suspect, whichever its direction.
    largest_model_auc
        ROC AUC from which the model is suspect.
    """

    code = "CHN001"
    title = Words("Too good to be true", "好得不真实")
    why = Words(
        "Churn is never foretold almost without error. Such a figure nearly always means that the outcome, or "
        "something known only after the cutoff, has reached the signals; in use the model will fail.",
        "流失不可能被几乎无误地预知。这样的数值几乎总是说明结果本身、或截止时刻之后才知道的信息混进了信号；模型上线后会失效。",
    )
    do = Words(
        "Find out when each value named becomes known, declare that time or leave the signal out, and train again.",
        "查清所列数值何时才被知晓，声明该时间或剔除该信号，然后重新训练。",
    )
    largest_signal_auc: float = 0.98
    largest_model_auc: float = 0.97

    def check(self, evidence: Evidence) -> Finding:
        """Compare the AUC of each signal alone and of the model with their limits."""
        if evidence.single_signal_auc is None and (evidence.label is None or evidence.probability is None):
            return self.not_applicable(not_given("single_signal_auc") + not_given("probability"))
        signals = _signals_read(evidence)
        suspects = {name: auc for name, auc in (signals or {}).items() if auc >= self.largest_signal_auc}
        model = self._model_auc(evidence)
        is_too_good = model is not None and model >= self.largest_model_auc
        found = _found(None if signals is None else suspects) + _model(model)
        if is_too_good and signals and not suspects:
            found += _strongest(signals)
        return self.failed(found) if suspects or is_too_good else self.passed(found)

    @staticmethod
    def _model_auc(evidence: Evidence) -> float | None:
        if evidence.label is None or evidence.probability is None:
            return None
        return roc_auc(evidence.label, evidence.probability)


def _signals_read(evidence: Evidence) -> dict[str, float] | None:
    """ROC AUC of each signal that the model reads, whichever its direction."""
    if evidence.single_signal_auc is None:
        return None
    return {name: max(auc, 1 - auc) for name, auc in evidence.single_signal_auc.items() if evidence.reads(name)}


def _found(suspects: dict[str, float] | None) -> Words:
    if suspects is None:
        return Words("Single signals were not looked at.", "未检查单个信号。")
    if not suspects:
        return Words("No single signal tells leavers apart by itself.", "没有任何单个信号能独自分辨流失客户。")
    names = _named(suspects)
    return Words(f"Signals that tell leavers apart by themselves: {names}.", f"能独自分辨流失客户的信号：{names}。")


def _strongest(signals: dict[str, float]) -> Words:
    names = _named(dict(sorted(signals.items(), key=lambda item: -item[1])[:_MOST_NAMED]))
    return Words(f"Look first at the strongest: {names}.", f"请先检查最强的信号：{names}。")


def _named(signals: dict[str, float]) -> str:
    return shown(f"{name} (AUC {auc:.3f})" for name, auc in sorted(signals.items(), key=lambda item: -item[1]))


def _model(auc: float | None) -> Words:
    return NOTHING if auc is None else Words(f"ROC AUC of the model: {auc:.3f}.", f"模型 ROC AUC：{auc:.3f}。")
