"""How a reason is said, in English and Chinese: values with their unit, and what is usual beside them."""

from __future__ import annotations

import math

from features.declared import SignalColumn

FLAGS = {"en": ("no", "yes"), "zh": ("否", "是")}
PERCENT_UNITS = ("share", "probability")


def shown(value: object, unit: str, language: str) -> str:
    """Write a value for people; empty for a missing one.

    >>> shown(0.4249, "share", "en"), shown(1, "flag", "zh"), shown(12345.6, "currency", "en")
    ('42%', '是', '12,346')
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
    if unit == "days" and abs(number) >= 1:
        return f"{number:,.0f}"
    return _rounded(number)


def sentence(name: str, column: SignalColumn | None, value: object, usual: object, segment: str, language: str) -> str:
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

    Returns
    -------
    str
        One sentence without a full stop.
    """
    unit = column.signal.unit if column else ""
    own = shown(value, unit, language)
    if not own:
        return _unknown(name, column, language)
    if column is None:
        said = f"{name}: {own}" if language == "en" else f"{name}：{own}"
    else:
        said = column.signal.say[language].format(value=own, days=column.days)
    return said + _beside(own, value, usual, unit, segment, language)


def _unknown(name: str, column: SignalColumn | None, language: str) -> str:
    if language == "en":
        return f"Not known: {column.signal.meaning.rstrip('.') if column else name}"
    return f"暂无数据：{column.signal.say['zh'].format(value='—', days=column.days) if column else name}"


def _beside(own: str, value: object, usual: object, unit: str, segment: str, language: str) -> str:
    """Say what is usual, where it is a number and another one."""
    text = shown(usual, unit, language)
    if unit == "flag" or isinstance(value, str) or not text or text == own:
        return ""
    if language == "en":
        return f" (usual in {segment}: {text})" if segment else f" (usual: {text})"
    blank = " " if segment.isascii() else ""
    return f"（{segment}{blank}客户通常为 {text}）" if segment else f"（通常为 {text}）"


def _rounded(number: float) -> str:
    if abs(number) >= 10 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.2f}".rstrip("0").rstrip(".") if abs(number) < 1 else f"{number:.1f}"
