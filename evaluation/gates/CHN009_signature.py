"""A saved model that does not say what it takes will one day be given something else."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.gates.evidence import Evidence
from evaluation.gates.gate import Finding, Gate
from evaluation.gates.words import Words


@dataclass(frozen=True, kw_only=True)
class Signature(Gate):
    """Fails when the model was saved without a signature."""

    code = "CHN009"
    title = Words("The saved model says what it takes", "保存的模型声明了输入")
    why = Words(
        "Without a signature a missing or swapped column is scored without a word; the signature vanishes silently "
        "when an integer or boolean column holds missing values.",
        "没有签名时，缺失或错位的列会被照常打分而无任何提示；整数或布尔列含缺失值时签名会悄然消失。",
    )
    do = Words(
        "Cast integer and boolean signals to floats and log the model again with its signature.",
        "将整数与布尔信号转换为浮点数，并带签名重新记录模型。",
    )

    def check(self, evidence: Evidence) -> Finding:
        """Look whether a signature was saved."""
        (present,) = evidence.columns("signature_present")
        if present:
            return self.passed(Words("The model was saved with a signature.", "模型保存时带有签名。"))
        return self.failed(Words("The model was saved without a signature.", "模型保存时没有签名。"))
