"""Few leavers in the test slice make every figure a matter of luck."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.gates.evidence import Evidence
from evaluation.gates.gate import Finding, Gate
from evaluation.gates.words import Words


@dataclass(frozen=True, kw_only=True)
class TooFewPositives(Gate):
    """Fails when the test slice holds fewer leavers, or fewer stayers, than a judgement needs.

    Parameters
    ----------
    smallest_count
        Rows of each outcome that the test slice must hold.
    """

    code = "CHN005"
    title = Words("Enough leavers to judge by", "流失客户足够多")
    why = Words(
        "With few of one outcome a good and a useless model can show the same figures by luck.",
        "某一种结果太少时，好模型与无用模型可能碰巧得到同样的数值。",
    )
    do = Words(
        "Test on more customers or on several cutoffs, or take a longer outcome window.",
        "用更多客户或多个截止时刻测试，或延长结果窗口。",
    )
    smallest_count: int = 50

    def check(self, evidence: Evidence) -> Finding:
        """Count leavers and stayers in the test slice."""
        (label,) = evidence.columns("label")
        left = int(label.astype(float).sum())
        stayed = label.size - left
        found = Words(
            f"{left} left and {stayed} stayed in the test slice; each should be at least {self.smallest_count}.",
            f"测试集中流失 {left} 行、留存 {stayed} 行；各应不少于 {self.smallest_count} 行。",
        )
        return self.failed(found) if min(left, stayed) < self.smallest_count else self.passed(found)
