"""How a value is put into the sentence of a signal: one and many, below zero, yes, and the word that counts it."""

from __future__ import annotations

import re

from features.declared import SignalColumn

_BLANK_IN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
_YES = ("yes", "是")
_ENDS_IN_VALUE = re.compile(r"[:：]\s*{value}$")
_ONE = re.compile(r"(?<![\d.,-])1 (?:different )?((?:[a-z-]+ )??)(people|[a-z-]*[a-rt-z]s)\b")
_EVERY_ONE = re.compile(r"\bevery 1 \b")
_VERBS = {"are": "is", "were": "was", "have": "has", "speak": "speaks"}
_FIRST_VERB = re.compile(rf"\b({'|'.join(_VERBS)})\b")
_COUNTED = re.compile(r"{value} (days|minutes)\b")
_COUNTED_IN_CHINESE = re.compile(r"{value} (个标准差|个月|分钟|[天次个种倍分周笔单件人条项类期])")


def filled(column: SignalColumn, said: str, language: str) -> str:
    """Put a value, as it is said, into the sentence of a signal.

    A yes is left unsaid, a value below zero is said without its sign where the signal has a sentence for it, the words
    that one thing needs are singular, and no blank parts one Chinese word from the next.
    """
    below = column.signal.say.get(f"{language}_below") if said.startswith("-") else None
    template, said = (below, said.removeprefix("-")) if below else (column.signal.say[language], said)
    if column.signal.unit == "flag" and said in _YES:
        template = _ENDS_IN_VALUE.sub("", template)
    text = template.format(value=said, days=column.days)
    if language == "zh":
        return _BLANK_IN_CHINESE.sub("", text)
    return singular(text) if said == "1" and column.signal.unit != "ratio" else text


def singular(text: str) -> str:
    """Give the words behind a 1 the form that one thing needs.

    >>> singular("1 tickets of the last 90 days are still unsolved")
    '1 ticket of the last 90 days is still unsolved'
    >>> singular("Logged in 1 times in the last 7 days"), singular("1 people used the product")
    ('Logged in once in the last 7 days', '1 person used the product')
    """
    one = _EVERY_ONE.sub("every ", _ONE.sub(_of_one, text))
    return _FIRST_VERB.sub(lambda verb: _VERBS[verb[1]], one, count=1) if text.startswith("1 ") else one


def counted(column: SignalColumn | None, said: str, language: str) -> str:
    """Put the word behind a value that counts it in the signal's sentence; none where the sentence has none.

    Parameters
    ----------
    column
        The signal.
    said
        The value, as it is said.
    language
        ``en``, where only times get their unit, or ``zh``.
    """
    found = column and (_COUNTED if language == "en" else _COUNTED_IN_CHINESE).search(column.signal.say[language])
    if not found or not said[-1:].isdigit():
        return said
    together = f"{said} {found[1]}"
    return singular(together) if language == "en" else together


def named(column: SignalColumn, language: str) -> str:
    """Name what a signal measures, for a value that is not known.

    Days since something have no value where it never happened; Chinese then names the time of the thing.
    """
    if language == "en":
        return column.signal.meaning.rstrip(".")
    since = re.fullmatch(r"距(.+?)已 {value} 天", column.signal.say["zh"])
    if since:
        return f"{since[1]}的时间"
    return filled(column, "—", "zh")


def _of_one(found: re.Match[str]) -> str:
    adjective, noun = found.groups()
    if noun == "times":
        return "once"
    if noun == "people":
        return f"1 {adjective}person"
    return f"1 {adjective}{noun[:-3]}y" if noun.endswith("ies") else f"1 {adjective}{noun[:-1]}"
