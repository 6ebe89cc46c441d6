"""A model knows only the customers it was trained on."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.errors import JudgementError
from evaluation.gates.evidence import Evidence, NotApplicableError, not_given
from evaluation.gates.gate import Finding, Gate, Severity, shown
from evaluation.gates.words import Words


@dataclass(frozen=True, kw_only=True)
class Drift(Gate):
    """Warns when signals of the model moved far between training and test.

    Parameters
    ----------
    largest_psi
        Population stability index that is tolerated; one that chance explains always is.
    """

    code = "CHN008"
    title = Words("Signals stayed where they were", "信号没有漂移")
    why = Words(
        "Where signals move, the model is asked about customers unlike those it learned from. Moved signals are no "
        "proof of a worse model: look at its quality by cutoff too.",
        "信号漂移意味着模型面对的是与训练时不同的客户。漂移本身不证明模型变差：还要看各截止时刻的质量。",
    )
    do = Words(
        "Check the source of the signals named; prefer signals over a window to sums over all history; train on "
        "later cutoffs.",
        "检查所列信号的来源；用固定窗口的信号代替全历史累计；用更近的截止时刻训练。",
    )
    severity: Severity = "warn"
    largest_psi: float = 0.25

    def check(self, evidence: Evidence) -> Finding:
        """Name the signals that moved farther than tolerated and than chance explains."""
        drift = evidence.signal_drift
        if drift is None:
            raise NotApplicableError(not_given("signal_drift"))
        if not {"psi", "psi_by_chance"} <= set(drift.columns):
            raise JudgementError("signal_drift must have columns psi and psi_by_chance, as signal_drift() makes it")
        read = drift[[evidence.reads(str(name)) for name in drift.index]]
        if read.empty:
            raise NotApplicableError(Words("No signal stands in both slices.", "没有两侧都有的信号。"))
        moved = read[(read["psi"] > self.largest_psi) & (read["psi"] > read["psi_by_chance"])]
        if moved.empty:
            return self.passed(
                Words(
                    f"Largest stability index of {len(read)} signals: {read['psi'].max():.3f}.",
                    f"{len(read)} 个信号中最大的稳定性指数：{read['psi'].max():.3f}。",
                )
            )
        ordered = moved["psi"].sort_values(ascending=False)
        names = shown(f"{name} ({psi:.2f})" for name, psi in ordered.items())
        return self.failed(
            Words(
                f"{len(moved)} of {len(read)} signals moved by more than {self.largest_psi:g}: {names}.",
                f"{len(read)} 个信号中有 {len(moved)} 个漂移超过 {self.largest_psi:g}：{names}。",
            )
        )
