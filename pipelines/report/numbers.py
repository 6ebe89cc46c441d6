"""Numbers as people say them, in English and Chinese."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from evaluation.gates.words import Words
from evaluation.value_names import SYMBOLS

NOTHING = Words("–", "–")
TOGETHER = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}\N{WORD JOINER}"


def percent(share: float | None, digits: int = 0) -> Words:
    r"""Say a share; one decimal more below 10 %.

    >>> percent(0.574), percent(0.038)
    (Words(en='57\xa0%', zh='57%'), Words(en='3.8\xa0%', zh='3.8%'))
    """
    if share is None or not math.isfinite(share):
        return NOTHING
    places = digits if abs(share) >= 0.0995 or share == 0 else digits + 1
    text = _signed(f"{share * 100:.{places}f}")
    return Words(f"{text}{TOGETHER}%", f"{text}%")


def percent_range(low: float, high: float) -> Words:
    r"""Say an interval of shares.

    >>> percent_range(0.478, 0.667).en
    '48\xa0% to 67\xa0%'
    """
    return joined(percent(low), percent(high), " to ", " 至 ")


def count(number: float) -> Words:
    """Say a whole number.

    >>> count(12300).zh
    '12,300'
    """
    return same(f"{number:,.0f}")


def decimal(number: float | None, places: int = 2) -> Words:
    """Say a figure without a unit; a dash where it is not known."""
    return NOTHING if number is None or not math.isfinite(number) else same(_signed(f"{number:.{places}f}"))


def times(number: float | None) -> Words:
    """Say a multiple.

    >>> times(5.78), times(11.2)
    (Words(en='5.8 times', zh='5.8 倍'), Words(en='11 times', zh='11 倍'))
    """
    if number is None or not math.isfinite(number):
        return NOTHING
    text = f"{number:.1f}" if number < 10 else f"{number:.0f}"
    return Words(f"{text} times", f"{text} 倍")


def money(amount: float | None, currency: str) -> Words:
    r"""Say an amount, in millions or in 万 and 亿 where it is large.

    >>> money(12300, "CNY"), money(-1_340_000, "CNY")
    (Words(en='¥12,300', zh='¥1.2\xa0万'), Words(en='−\u2060¥1.34\xa0M', zh='−\u2060¥134\xa0万'))
    """
    if amount is None or not math.isfinite(amount):
        return NOTHING
    sign = MINUS if round(amount, 2) < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    size = abs(amount)
    return Words(f"{sign}{symbol}{_large(size)}", f"{sign}{symbol}{_large_in_chinese(size)}")


def day(instant: Any) -> str:
    """Say a day.

    >>> day("2026-09-02T00:00:00")
    '2026-09-02'
    """
    return datetime.fromisoformat(str(instant)[:19].replace(" ", "T")).strftime("%Y-%m-%d")


def same(text: str) -> Words:
    """Give a text that is the same in both languages."""
    return Words(text, text)


def joined(first: Words, second: Words, en: str, zh: str) -> Words:
    """Put two texts together with something between them."""
    return Words(f"{first.en}{en}{second.en}", f"{first.zh}{zh}{second.zh}")


def _signed(text: str) -> str:
    """Write a minus of its own width, and none before zero."""
    return MINUS + text[1:] if text.startswith("-") and text.strip("-0.") else text.removeprefix("-")


def _large(size: float) -> str:
    for limit, unit in ((1e9, "B"), (1e6, "M")):
        if size >= limit:
            return f"{_three_digits(size / limit)}{TOGETHER}{unit}"
    return _plain(size)


def _three_digits(size: float) -> str:
    return f"{float(f'{size:.3g}'):,}".removesuffix(".0")


def _large_in_chinese(size: float) -> str:
    for limit, unit in ((1e8, "亿"), (1e4, "万")):
        if size >= limit:
            value = size / limit
            return f"{value:.1f}{TOGETHER}{unit}" if value < 100 else f"{value:,.0f}{TOGETHER}{unit}"
    return _plain(size)


def _plain(size: float) -> str:
    return _three_digits(size) if size < 100 or size >= 10_000 else f"{size:,.0f}"


def points(change: float | None) -> Words:
    r"""Say a difference of two shares, in percentage points.

    >>> points(0.0123), points(-0.2)
    (Words(en='+1.2 points', zh='+1.2 个百分点'), Words(en='−\u206020 points', zh='−\u206020 个百分点'))
    """
    said = bare_points(change)
    return said if said == NOTHING else Words(f"{said.en} points", f"{said.zh} 个百分点")


def bare_points(change: float | None) -> Words:
    """Say a difference of two shares in percentage points, without the unit.

    >>> bare_points(0.0123).en, bare_points(0.0).en
    ('+1.2', '0')
    """
    if change is None or not math.isfinite(change):
        return NOTHING
    text = f"{change * 100:.{1 if abs(change) < 0.0995 else 0}f}"
    if not text.strip("-0."):
        return same("0")
    return same(_signed(text) if text.startswith("-") else f"+{text}")


def more_or_less(difference: float, than: Words) -> Words:
    """Say by how many one count differs from another.

    >>> more_or_less(-3, Words("in May", "5 月")).zh
    '比 5 月少 3 位'
    """
    blank = " " if than.zh[:1].isascii() else ""
    if not difference:
        return Words(f"as many as {than.en}", f"与{blank}{than.zh}持平")
    size = f"{abs(difference):,.0f}"
    en, zh = ("more", "多") if difference > 0 else ("fewer", "少")
    return Words(f"{size} {en} than {than.en}", f"比{blank}{than.zh}{zh} {size} 位")


def listed(several: Sequence[Words]) -> Words:
    """Say things one after the other.

    >>> listed([Words("a", "甲"), Words("b", "乙"), Words("c", "丙")])
    Words(en='a, b and c', zh='甲、乙和丙')
    """
    if len(several) < 2:
        return several[0] if several else Words("", "")
    first, last = several[:-1], several[-1]
    en, zh = ", ".join(each.en for each in first), "、".join(each.zh for each in first)
    gap = " " if last.zh[:1].isdigit() else ""
    return Words(f"{en} and {last.en}", f"{zh}和{gap}{last.zh}")
