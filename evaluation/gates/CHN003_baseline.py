"""A model must beat the rule that anyone could write down: who has been away longest leaves first."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.gates.evidence import Evidence
from evaluation.gates.gate import Finding, Gate
from evaluation.gates.words import Words
from evaluation.model.bootstrap import paired_difference


@dataclass(frozen=True, kw_only=True)
class Baseline(Gate):
    """Fails when the model is no better than the recency rule on the same rows, warns when chance could explain it.

    Parameters
    ----------
    metric
        Figure compared; one of ranking, as the rule's score need not be a probability.
    replicates, level
        Draws and coverage of the paired interval.
    """

    code = "CHN003"
    title = Words("Better than the recency rule", "优于最近活跃规则")
    why = Words(
        "A model that does not beat a rule of one line costs upkeep and trust and brings nothing.",
        "连一行规则都胜不过的模型，只会消耗维护成本与信任。",
    )
    do = Words(
        "Add signals or data, or use the rule. If the interval holds 0, test on more customers or cutoffs.",
        "增加信号或数据，或直接使用该规则。若区间包含 0，请用更多客户或截止时刻测试。",
    )
    metric: str = "roc_auc"
    replicates: int = 500
    level: float = 0.95

    def check(self, evidence: Evidence) -> Finding:
        """Compare model and rule on the same draws of customers."""
        label, probability, rule = evidence.columns("label", "probability", "baseline_probability")
        advantage = paired_difference(
            label,
            probability,
            rule,
            evidence.customers,
            metric=self.metric,
            replicates=self.replicates,
            level=self.level,
        )
        figures = f"{advantage.estimate:+.4f} ({self.level:.0%}: {advantage.low:+.4f} .. {advantage.high:+.4f})"
        found = Words(
            f"Advantage over the recency rule in {self.metric}: {figures}.",
            f"相对最近活跃规则的 {self.metric} 优势：{figures}。",
        )
        if advantage.estimate <= 0:
            return self.failed(found)
        return self.passed(found) if advantage.low > 0 else self.warned(found)
