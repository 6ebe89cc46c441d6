"""A model that is good at one time and poor at the next cannot be relied on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.gates.evidence import Column, Evidence, NotApplicableError
from evaluation.gates.gate import Finding, Gate, Severity
from evaluation.gates.words import NOTHING, Words
from evaluation.model.influence import group_aucs
from evaluation.model.rows import FloatArray, IntArray
from evaluation.model.segments import has_enough
from evaluation.model.stability import rank_correlation


@dataclass(frozen=True, kw_only=True)
class Stability(Gate):
    """Warns when the AUC differs between cutoffs by more than chance, or the order of customers is turned over.

    Parameters
    ----------
    largest_spread
        Difference of ROC AUC between the best and the worst cutoff that is tolerated.
    chance
        Probability under equal cutoffs below which a spread counts as real.
    smallest_rank_correlation
        Spearman correlation with the earlier scores of the same customers that is still tolerated.
    """

    code = "CHN006"
    title = Words("Steady over time", "随时间稳定")
    why = Words(
        "A model whose quality or order of customers swings from one time to the next will surprise those who act "
        "on it.",
        "质量或客户排序大起大落的模型，会让据此行动的人措手不及。",
    )
    do = Words(
        "Look at what changed at the cutoffs named: season, prices, a gap in the data. Leave out signals that grow "
        "with calendar time.",
        "查看所列截止时刻发生了什么变化：季节、价格或数据缺口；剔除随日历时间增长的信号。",
    )
    severity: Severity = "warn"
    largest_spread: float = 0.10
    chance: float = 0.05
    smallest_rank_correlation: float = 0.5

    def check(self, evidence: Evidence) -> Finding:
        """Compare cutoffs with each other and the scores with earlier ones; one of the two is enough."""
        parts = [self._cutoffs(evidence), self._order(evidence)]
        seen = [part for part in parts if part is not None]
        if not seen:
            raise NotApplicableError(
                Words(
                    "Neither two cutoffs with enough customers, nor earlier scores of the same customers were given.",
                    "既没有两个客户数足够的截止时刻，也没有同一批客户此前的评分。",
                )
            )
        found = sum((words for _, words in seen), NOTHING)
        return self.passed(found) if all(steady for steady, _ in seen) else self.failed(found)

    def _cutoffs(self, evidence: Evidence) -> tuple[bool, Words] | None:
        if evidence.cutoff is None:
            return None
        label, probability, cutoff = evidence.columns("label", "probability", "cutoff")
        customer = evidence.customers
        codes, times = judged_cutoffs(label.astype(np.float64), customer, cutoff)
        if len(times) < 2:
            return None
        found = group_aucs(label, probability, customer, codes)
        return self._spread(found.auc, found.chance_of_spread(), times)

    def _spread(self, auc: FloatArray, chance: float, times: list[str]) -> tuple[bool, Words]:
        worst, best = int(auc.argmin()), int(auc.argmax())
        said = Words(
            f"ROC AUC from {auc[worst]:.3f} ({times[worst]}) to {auc[best]:.3f} ({times[best]}) over {len(times)} "
            f"cutoffs; probability of such a spread by chance {chance:.3f}.",
            f"{len(times)} 个截止时刻的 ROC AUC 从 {auc[worst]:.3f}（{times[worst]}）"
            f"到 {auc[best]:.3f}（{times[best]}）；"
            f"偶然出现这种差距的概率为 {chance:.3f}。",
        )
        return bool(auc[best] - auc[worst] <= self.largest_spread or chance >= self.chance), said

    def _order(self, evidence: Evidence) -> tuple[bool, Words] | None:
        if evidence.previous_probability is None:
            return None
        probability, previous = evidence.columns("probability", "previous_probability")
        earlier = previous.astype(np.float64)
        both = ~np.isnan(earlier)
        correlation = rank_correlation(earlier[both], probability[both]) if both.sum() > 1 else float("nan")
        if np.isnan(correlation):
            return None
        said = Words(
            f"Rank correlation with the earlier scores of {both.sum()} customers: {correlation:.2f}.",
            f"与 {both.sum()} 个客户此前评分的秩相关：{correlation:.2f}。",
        )
        return correlation >= self.smallest_rank_correlation, said


def judged_cutoffs(label: FloatArray, customer: Column, cutoff: Column) -> tuple[IntArray, list[str]]:
    """Give a number to each cutoff that holds enough to judge by, in order of time, and -1 to the rows of others."""
    times, inverse = np.unique(cutoff, return_inverse=True)
    enough = [has_enough(label[inverse == number], customer[inverse == number]) for number in range(times.size)]
    renumbered = np.where(enough, np.cumsum(enough) - 1, -1)
    return renumbered[inverse], [_said(time) for time, judged in zip(times, enough, strict=True) if judged]


def _said(time: object) -> str:
    stamp = pd.Timestamp(time)  # type: ignore[arg-type]
    return stamp.date().isoformat() if stamp == stamp.normalize() else stamp.isoformat()
