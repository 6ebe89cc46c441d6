"""A model that is good on the whole may be poor for some customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from evaluation.gates.evidence import Column, Evidence, NotApplicableError, not_given
from evaluation.gates.gate import Finding, Gate, Severity, shown
from evaluation.gates.words import NOTHING, Words
from evaluation.model.influence import group_aucs
from evaluation.model.rows import BoolArray, FloatArray
from evaluation.model.segments import has_enough, members


@dataclass(frozen=True)
class Segment:
    """A segment that is large enough to judge, beside all other customers.

    Parameters
    ----------
    name
        Segmentation and segment.
    gap, gap_chance
        ROC AUC of the others less that of the segment; probability of such a gap by chance.
    ratio, ratio_chance
        Real leavers over expected ones, relative to all customers; probability of such a ratio by chance.
    """

    name: str
    gap: float
    gap_chance: float
    ratio: float
    ratio_chance: float


@dataclass(frozen=True, kw_only=True)
class SegmentLeftBehind(Gate):
    """Warns when a segment is ranked clearly worse than the others, or its level of risk is clearly off.

    Parameters
    ----------
    largest_gap
        ROC AUC that a segment may lie below the others.
    largest_ratio
        Factor by which leavers may exceed or fall short of those expected.
    chance
        Probability below which a deviation counts as real, shared among all segments looked at (Bonferroni).
    """

    code = "CHN007"
    title = Words("No segment left behind", "没有被忽视的客群")
    why = Words(
        "Where the model is poor, the wrong customers are called and the right ones are left to go.",
        "在模型表现差的客群里，会联系错的客户，而放走该挽留的客户。",
    )
    do = Words(
        "Add signals that say something about the segments named, or judge them by a rule of their own.",
        "为所列客群增加有信息量的信号，或对其使用单独的规则。",
    )
    severity: Severity = "warn"
    largest_gap: float = 0.10
    largest_ratio: float = 1.5
    chance: float = 0.05

    def check(self, evidence: Evidence) -> Finding:
        """Compare each segment that is large enough with all other customers."""
        label, probability = (column.astype(np.float64) for column in evidence.columns("label", "probability"))
        if evidence.segments is None:
            raise NotApplicableError(not_given("segments"))
        customer = evidence.customers
        judged = [
            _segment(name, inside, label, probability, customer)
            for name, inside in _large_enough(evidence, label, customer)
        ]
        if not judged:
            raise NotApplicableError(
                Words("Every segment is too small to judge.", "所有客群都太小，无法评判。"),
            )
        limit = self.chance / (2 * len(judged))
        gaps = [one for one in judged if one.gap > self.largest_gap and one.gap_chance < limit]
        levels = [
            one
            for one in judged
            if not 1 / self.largest_ratio <= one.ratio <= self.largest_ratio and one.ratio_chance < limit
        ]
        found = _said_of_gaps(gaps) + _said_of_levels(levels)
        if gaps or levels:
            return self.failed(found)
        return self.passed(
            Words(f"None of {len(judged)} segments stands out.", f"{len(judged)} 个客群均无明显偏差。"),
        )


def _large_enough(evidence: Evidence, label: FloatArray, customer: Column) -> Iterator[tuple[str, BoolArray]]:
    for segmentation, values in (evidence.segments or {}).items():
        for segment, inside in members(values):
            sides = (inside, ~inside)
            if all(has_enough(label[side], customer[side]) for side in sides):
                yield f"{segmentation} = {segment}", inside


def _segment(name: str, inside: BoolArray, label: FloatArray, probability: FloatArray, customer: Column) -> Segment:
    gap, error = group_aucs(label, probability, customer, np.where(inside, 1, 0)).difference(0, 1)
    expected = probability * (label.sum() / max(probability.sum(), np.finfo(np.float64).tiny))
    codes = np.unique(customer[inside], return_inverse=True)[1]
    surplus = np.bincount(codes, (label - expected)[inside])
    z = abs(surplus.sum()) / np.sqrt((surplus**2).sum())
    ratio = label[inside].sum() / max(expected[inside].sum(), np.finfo(np.float64).tiny)
    gap_chance = float(ndtr(-gap / error)) if error else float(gap <= 0)
    return Segment(name, gap, gap_chance, float(ratio), float(2 * ndtr(-z)))


def _said_of_gaps(gaps: list[Segment]) -> Words:
    if not gaps:
        return NOTHING
    names = shown(f"{one.name} ({-one.gap:+.3f})" for one in sorted(gaps, key=lambda one: -one.gap))
    return Words(
        f"Ranked worse than other customers (ROC AUC): {names}.", f"排序明显差于其他客户（ROC AUC）：{names}。"
    )


def _said_of_levels(levels: list[Segment]) -> Words:
    if not levels:
        return NOTHING
    names = shown(f"{one.name} (x {one.ratio:.2f})" for one in levels)
    return Words(f"Leavers against those expected: {names}.", f"实际流失与预期之比：{names}。")
