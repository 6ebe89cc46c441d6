"""Sentences with the values of a customer's signals in them, put together by the warehouse for many customers at once.

Values look as they do in the reasons of a score (`evaluation.model.reason_words.shown`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import ibis
from ibis.expr import types as ir

from evaluation.model.grammar import singular
from evaluation.model.reason_words import FLAGS, PERCENT_UNITS
from evaluation.value_names import SHIPPED
from pipelines.errors import ConfigError
from pipelines.ingest.nearest import nearest

UNKNOWN = {"en": "unknown", "zh": "未知"}
_PLACE = re.compile(r"{([^{}]*)}")


@ibis.udf.scalar.builtin(name="format", signature=(("string", "float64"), "string"))
def _format(pattern, number):  # type: ignore[no-untyped-def]
    """Format a number, DuckDB's name."""


def places(template: str) -> list[str]:
    """Names in curly brackets.

    >>> places("{logins} logins, usual: {usual}")
    ['logins', 'usual']
    """
    return _PLACE.findall(template)


def check_template(template: str, names: Collection[str]) -> None:
    """Refuse a sentence that names what is not there.

    Raises
    ------
    ConfigError
        With the nearest names.
    """
    for name in places(template):
        if name not in names:
            raise ConfigError(
                f"the sentence names '{{{name}}}', which is unknown", allowed=nearest(name, names), do="correct it"
            )
    rest = _PLACE.sub("", template)
    if "{" in rest or "}" in rest:
        raise ConfigError(f"the sentence '{template}' has a bracket too many", do="write {name}")


def sentence(template: str, values: Mapping[str, ir.Value], units: Mapping[str, str], language: str) -> ir.StringValue:
    """Put values into a sentence.

    Parameters
    ----------
    template
        Text with names in curly brackets, as checked.
    values, units
        Ibis value and unit by name.
    language
        ``en`` or ``zh``.
    """
    first, *rest = _PLACE.split(template)
    said: ir.StringValue = ibis.literal(first)
    for name, behind in zip(rest[::2], rest[1::2], strict=True):
        value = shown(_named(values[name], name, language), units[name], language)
        many: ir.StringValue = value + behind
        one = _of_one(behind, units[name], language, begins=not first)
        said = said + (many if one is None else (value == "1").ifelse(one, many))
        first = "…"
    return said


def _named(value: ir.Value, column: str, language: str) -> ir.Value:
    """Call the values of a category by their names, those that nobody has named as they are."""
    if not value.type().is_string():
        return value
    category = parts[1].removesuffix("_last") if len(parts := column.split("__")) > 1 else column
    names = [(each, zh if language == "zh" else en) for of, each, en, zh in SHIPPED.rows() if of == category]
    return value.cases(*names, else_=value) if names else value


def _of_one(behind: str, unit: str, language: str, begins: bool) -> str | None:
    """Say 1 with the words behind it, where one thing needs others than many.

    >>> _of_one(" times in a week", "logins", "en", begins=False)
    'once in a week'
    >>> _of_one(" times as often", "ratio", "en", begins=False)
    """
    if language != "en" or unit == "ratio":
        return None
    before = "" if begins else "… "
    one = singular(f"{before}1{behind}").removeprefix(before)
    return None if one == f"1{behind}" else one


def shown(value: ir.Value, unit: str, language: str) -> ir.StringValue:
    """Write a value for people, in the words of the warehouse; a missing one is said to be unknown."""
    if value.type().is_string():
        return value.fill_null(UNKNOWN[language])
    return _number(value.cast("float64"), unit, language).fill_null(UNKNOWN[language])


def _number(value: ir.FloatingValue, unit: str, language: str) -> ir.StringValue:
    if unit == "flag":
        return (value > 0).ifelse(FLAGS[language][1], FLAGS[language][0])
    if unit in PERCENT_UNITS:
        return _format("{:.0f}%", value * 100)
    whole = (value.abs() >= 10) | (value == value.floor())
    if unit == "days":
        whole = (value.abs() >= 1) | (value == 0)
    small = _format("{:.1f}" if unit == "days" else "{:.2f}", value).re_replace(r"\.?0+$", "")
    return ibis.cases((whole, _format("{:,.0f}", value)), (value.abs() < 1, small), else_=_format("{:.1f}", value))
