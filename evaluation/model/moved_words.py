"""How it is said why a score moved, in English and Chinese: a value with what it was before."""

from __future__ import annotations

from evaluation.model.grammar import counted
from evaluation.model.reason_words import apart, said_of, sentence
from evaluation.value_names import SHIPPED, ValueNames
from features.declared import SignalColumn

_KINDS = {
    "model": {
        "en": "The model was replaced: version {version} after version {before}",
        "zh": "模型已更换：由版本 {before} 改为版本 {version}",
    },
    "corrected": {"en": "Earlier facts were entered late or corrected", "zh": "此前的数据有补录或更正"},
    "data": {"en": "New facts", "zh": "新数据"},
    "time": {"en": "Time has passed", "zh": "时间推移"},
    "rest": {"en": "Everything else", "zh": "其他因素"},
}


def moved_sentence(
    name: str,
    column: SignalColumn | None,
    value: object,
    before: object,
    language: str,
    names: ValueNames = SHIPPED,
) -> str:
    """Say a signal's value and what it was before.

    Parameters
    ----------
    name
        Column name.
    column
        The declared column.
    value, before
        Now and at the score before.
    language
        ``en`` or ``zh``.
    names
        What values are called.

    Returns
    -------
    str
        One sentence without a full stop.
    """
    said = sentence(name, column, value, None, "", language, names)
    now, then = (said_of(column, each, language, names) for each in (value, before))
    if now == then:
        return said
    then = counted(column, then, language)
    if language == "en":
        return f"{said} (before: {then or 'not known'})"
    return f"{said}（此前为{apart(then)}）" if then else f"{said}（此前暂无数据）"


def kind_sentence(kind: str, version_before: str, version: str, language: str) -> str:
    """Say what no single signal stands for: ``model``, ``corrected``, ``data``, ``time`` or ``rest``.

    >>> kind_sentence("model", "2", "3", "en")
    'The model was replaced: version 3 after version 2'
    """
    return _KINDS[kind][language].format(before=version_before, version=version)
