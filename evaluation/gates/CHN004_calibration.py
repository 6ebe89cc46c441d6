"""A probability must mean what it says, because people and budgets act on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evaluation.gates.evidence import Evidence
from evaluation.gates.gate import Finding, Gate
from evaluation.gates.words import Words
from evaluation.model.calibration import calibration_slope_of, ece_of
from evaluation.model.consistency import range_if_true
from evaluation.model.rows import Rows


@dataclass(frozen=True, kw_only=True)
class Calibration(Gate):
    """Fails when slope or calibration error leave their limits by more than chance, warns when chance could explain it.

    Parameters
    ----------
    smallest_slope, largest_slope
        Limits of the calibration slope.
    largest_ece
        Limit of the expected calibration error.
    chance
        Share of truthful models of which chance takes a figure farther off.
    replicates
        Samples of truthful labels that show what chance does.
    """

    code = "CHN004"
    title = Words("Probabilities mean what they say", "概率名副其实")
    why = Words(
        "Offers and budgets are worked out from the probabilities; if 30 % does not mean 30 of 100, each such sum is "
        "wrong.",
        "优惠与预算都按概率计算；如果 30% 并不意味着 100 人中有 30 人流失，这些账就都算错了。",
    )
    do = Words(
        "Train without class weights or resampling, or calibrate on a slice later than training and earlier than the "
        "test.",
        "训练时不要使用类别加权或重采样，或用晚于训练、早于测试的数据做校准。",
    )
    smallest_slope: float = 0.8
    largest_slope: float = 1.25
    largest_ece: float = 0.05
    chance: float = 0.01
    replicates: int = 400

    def check(self, evidence: Evidence) -> Finding:
        """Compare slope and error with their limits, and with chance where they leave them."""
        label, probability = evidence.columns("label", "probability")
        rows = Rows.of_probabilities(label, probability)
        slope, error = calibration_slope_of(rows), ece_of(rows)
        found = Words(
            f"Calibration slope {slope:.2f} (limits {self.smallest_slope:g} to {self.largest_slope:g}), "
            f"expected calibration error {error:.3f} (limit {self.largest_ece:g}).",
            f"校准斜率 {slope:.2f}（允许 {self.smallest_slope:g} 至 {self.largest_slope:g}），"
            f"期望校准误差 {error:.3f}（上限 {self.largest_ece:g}）。",
        )
        wrong_slope = slope < self.smallest_slope or slope > self.largest_slope
        wrong_error = error > self.largest_ece
        if not wrong_slope and not wrong_error:
            return self.passed(found)
        beyond_chance = (wrong_slope and self._slope_beyond_chance(rows, slope)) or (
            wrong_error and error > self._range_if_true(rows, ece_of)[1]
        )
        return self.failed(found) if beyond_chance else self.warned(found)

    def _slope_beyond_chance(self, rows: Rows, slope: float) -> bool:
        low, high = self._range_if_true(rows, calibration_slope_of)
        return slope < low or slope > high

    def _range_if_true(self, rows: Rows, metric: Callable[[Rows], float]) -> tuple[float, float]:
        return range_if_true(rows, metric, replicates=self.replicates, level=1 - self.chance)
