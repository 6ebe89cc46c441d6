"""What an experiment shows, said in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluation.action.balance import SampleRatio
    from evaluation.action.effect import Effect
    from evaluation.model.bootstrap import Interval

DECISIONS = {
    "keep": {"en": "keep", "zh": "继续"},
    "change": {"en": "change", "zh": "调整"},
    "stop": {"en": "stop", "zh": "停止"},
    "wait": {"en": "go on measuring", "zh": "继续观察"},
}
VERDICTS = {
    "more": {"en": "more", "zh": "提高"},
    "less": {"en": "less", "zh": "降低"},
    "no_difference_shown": {"en": "no difference shown", "zh": "未见差异"},
    "too_few": {"en": "too few to say", "zh": "人数太少，无法判断"},
}
MEASURES = {
    "retained": {"en": "stayed", "zh": "留存"},
    "repurchased": {"en": "bought again", "zh": "复购"},
    "revenue": {"en": "revenue a customer", "zh": "每客户收入"},
}
_SENTENCES = {
    "mismatched": {
        "en": "Customers are missing from one arm ({seen}); find out why before reading any effect.",
        "zh": "某一组的客户数异常（{seen}）；请先查明原因，再看效果。",
    },
    "too_few": {
        "en": "Too few customers or leavers to say anything yet: {treated} treated, {control} in control.",
        "zh": "客户或流失人数太少，暂时无法判断：干预组 {treated} 人，对照组 {control} 人。",
    },
    "running": {
        "en": "Not over: so far {effect} stay because of it. An early look may mislead; only clear harm stops it.",
        "zh": "尚未结束：目前留存变化 {effect}。过早下结论容易误判，只有明显有害才会提前停止。",
    },
    "keep": {
        "en": "{effect} stay because of it, and it returns {roi} on its cost.",
        "zh": "留存变化 {effect}，投资回报率 {roi}。",
    },
    "harm": {
        "en": "It drives customers away: {effect} stay because of it.",
        "zh": "反而促使客户流失：留存变化 {effect}。",
    },
    "loss": {
        "en": "It costs more than it keeps: return {roi}; {effect} stay because of it.",
        "zh": "得不偿失：投资回报率 {roi}；留存变化 {effect}。",
    },
    "change": {
        "en": "It is not shown to pay: {effect} stay because of it, return {roi}. Try others, or another way.",
        "zh": "尚不能证明值得：留存变化 {effect}，投资回报率 {roi}。请换一类客户，或换一种做法。",
    },
}
_UNKNOWN = {"en": "not known", "zh": "未知"}
_TOO_WIDE = {"en": "too uncertain to say", "zh": "误差过大，无法判断"}
WIDEST_RETURN = 20.0
"""Width of the interval of a return beyond which its figures say nothing."""
_RANGE = {"en": "{estimate} ({low} to {high})", "zh": "{estimate}（{low} 至 {high}）"}


def reason(
    decision: str, found: Effect, roi: Interval | None, ratio: SampleRatio, finished: bool, language: str
) -> str:
    """Say in one sentence why a strategy is kept, changed, stopped or measured further.

    Parameters
    ----------
    decision
        ``keep``, ``change``, ``stop`` or ``wait``.
    found
        Effect on the share who stay.
    roi
        Return on the cost, where it is known.
    ratio
        Customers in the arms.
    finished
        Whether the experiment is over.
    language
        ``en`` or ``zh``.
    """
    template = _SENTENCES[_case(decision, found, ratio, finished)][language]
    return template.format(
        effect=_ranged(found.estimate, found.low, found.high, "{:+.1%}", language),
        roi=_returned(roi, language),
        treated=found.treated,
        control=found.control,
        seen=", ".join(f"{arm} {count}" for arm, count in ratio.seen.items()),
    )


def _case(decision: str, found: Effect, ratio: SampleRatio, finished: bool) -> str:
    if ratio.is_mismatched:
        return "mismatched"
    if not found.enough:
        return "too_few"
    if decision == "wait":
        return "running"
    if decision == "stop":
        return "harm" if not finished or found.verdict == "less" else "loss"
    return decision


def _returned(roi: Interval | None, language: str) -> str:
    if roi is None:
        return _UNKNOWN[language]
    if roi.high - roi.low > WIDEST_RETURN:
        return _TOO_WIDE[language]
    return _ranged(roi.estimate, roi.low, roi.high, "{:+.0%}", language)


def _ranged(estimate: float, low: float, high: float, style: str, language: str) -> str:
    told = {"estimate": style.format(estimate), "low": style.format(low), "high": style.format(high)}
    return _RANGE[language].format(**told)
