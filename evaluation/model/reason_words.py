"""How a reason is said, in English and Chinese: values with their unit, and what is usual beside them."""

from __future__ import annotations

import math

from evaluation.gates.words import Words
from evaluation.model.grammar import counted, filled, named
from evaluation.value_names import SHIPPED, ValueNames
from features.declared import SignalColumn

FLAGS = {"en": ("no", "yes"), "zh": ("否", "是")}
PERCENT_UNITS = ("share", "probability")
PEERS = "industry"
"""What divides customers into those who are alike; the names of its values are said."""


def shown(value: object, unit: str, language: str, symbol: str = "") -> str:
    """Write a value for people, an amount with the symbol of its currency; empty for a missing one.

    >>> shown(0.4249, "share", "en"), shown(1, "flag", "zh"), shown(-12345.6, "currency", "en", "¥")
    ('42%', '是', '-¥12,346')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if math.isnan(number):
        return ""
    if unit == "flag":
        return FLAGS[language][number > 0]
    if unit in PERCENT_UNITS:
        return f"{number:.0%}"
    if unit == "days":
        return f"{number:,.0f}" if abs(number) >= 1 else f"{number:.1f}".removesuffix(".0")
    if unit == "currency" and symbol:
        return f"{'-' if number < 0 else ''}{symbol}{_rounded(abs(number))}"
    return _rounded(number)


def said_of(column: SignalColumn | None, value: object, language: str, names: ValueNames) -> str:
    """Write a value of a column for people, a word by the name that it has in the language; empty for a missing one."""
    if isinstance(value, str):
        return in_language(names.words(value, column.signal.measure if column else ""), language)
    return shown(value, column.signal.unit if column else "", language, names.symbol)


def in_language(words: Words, language: str) -> str:
    """Give a text in a language."""
    return words.zh if language == "zh" else words.en


def among(segment: str, language: str, names: ValueNames) -> str:
    """Name the peers of a segment; in Chinese with the blank that parts a foreign name from what follows."""
    if not segment:
        return ""
    said = in_language(names.words(segment, PEERS), language)
    return f"{said} " if language == "zh" and said.isascii() else said


def sentence(
    name: str,
    column: SignalColumn | None,
    value: object,
    usual: object,
    segment: str,
    language: str,
    names: ValueNames = SHIPPED,
) -> str:
    """Say a reason.

    Parameters
    ----------
    name
        Column name; all there is to say of a column that no signal declares.
    column
        The declared column.
    value, usual
        The customer's own value and that of its peers.
    segment
        Who the peers are; empty for everyone.
    language
        ``en`` or ``zh``.
    names
        What values are called.

    Returns
    -------
    str
        One sentence without a full stop.
    """
    own = said_of(column, value, language, names)
    if not own:
        return _unknown(name, column, language)
    if column is None:
        said = f"{name}: {own}" if language == "en" else f"{name}：{own}"
    else:
        said = filled(column, own, language)
    if isinstance(value, str):
        return said
    return said + _beside(own, usual, column, among(segment, language, names), language, names)


def _unknown(name: str, column: SignalColumn | None, language: str) -> str:
    if language == "en":
        return f"Not known: {named(column, language) if column else name}"
    return f"暂无数据：{named(column, language) if column else name}"


def _beside(own: str, usual: object, column: SignalColumn | None, peers: str, language: str, names: ValueNames) -> str:
    """Say what is usual, where it is another number."""
    plain = said_of(column, usual, language, names)
    if not plain or plain == own or (column and column.signal.unit == "flag"):
        return ""
    text = counted(column, plain, language)
    if language == "en":
        return f" (usual in {peers}: {text})" if peers else f" (usual: {text})"
    return f"（{peers}客户通常为{apart(text)}）" if peers else f"（通常为{apart(text)}）"


def apart(text: str) -> str:
    """Part a number, but no Chinese word, from the Chinese words before it by a blank.

    >>> apart("65"), apart("否")
    (' 65', '否')
    """
    return text if "\u4e00" <= text[:1] <= "\u9fff" else f" {text}"


def _rounded(number: float) -> str:
    if abs(number) >= 10 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.2f}".rstrip("0").rstrip(".") if abs(number) < 1 else f"{number:.1f}"
