"""What the model learned from must be over before the first customer is tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.gates.evidence import Evidence
from evaluation.gates.gate import Finding, Gate
from evaluation.gates.words import Words


@dataclass(frozen=True, kw_only=True)
class Overlap(Gate):
    """Fails when a training outcome window reaches past a test cutoff, or a flat split has a customer on both sides."""

    code = "CHN002"
    title = Words("Training and test overlap", "训练与测试重叠")
    why = Words(
        "A model that has already seen part of the tested outcomes looks better than it will be in use.",
        "若模型已见过部分被测结果，它看上去会比上线后更好。",
    )
    do = Words(
        "Train only on cutoffs whose outcome window has ended by the first test cutoff; without time, put each "
        "customer on one side only.",
        "只用结果窗口在首个测试截止时刻之前已结束的截止时刻训练；没有时间的表，每个客户只放在一侧。",
    )

    def check(self, evidence: Evidence) -> Finding:
        """Look for shared time, or for shared customers where the table has no time."""
        split = evidence.split or ("flat" if evidence.cutoff is None else "time")
        return self._in_time(evidence) if split == "time" else self._without_time(evidence)

    def _in_time(self, evidence: Evidence) -> Finding:
        ends, cutoffs = evidence.columns("train_outcome_end", "cutoff")
        last, first = pd.Series(ends).max(), pd.Series(cutoffs).min()
        found = Words(
            f"Training outcomes run until {last}, the first test cutoff is {first}.",
            f"训练结果窗口止于 {last}，首个测试截止时刻为 {first}。",
        )
        return self.failed(found) if last > first else self.passed(found)

    def _without_time(self, evidence: Evidence) -> Finding:
        trained, tested = evidence.columns("train_customer", "customer")
        both = np.intersect1d(trained, tested)
        if not both.size:
            return self.passed(Words("No customer stands in both slices.", "没有客户同时出现在两侧。"))
        return self.failed(
            Words(f"{both.size} customers stand in both slices.", f"有 {both.size} 个客户同时出现在训练与测试中。")
        )
