"""How a trait of a group of customers is said, in English and Chinese, by the signal's own sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.model.grammar import filled, named
from evaluation.model.reason_words import said_of, shown
from evaluation.value_names import SHIPPED, ValueNames
from features.declared import SignalColumn

_PHRASES = {
    "en": {"range": "{low} to {high}", "least": "at least {low}", "most": "at most {high}", "not": "not {word}"},
    "zh": {"range": "{low} 至 {high}", "least": "不少于 {low}", "most": "不超过 {high}", "not": "非{word}"},
}
_OR_UNKNOWN = {"en": "{said}, or not known", "zh": "{said}，或暂无数据"}
_UNKNOWN = {"en": "Not known: {said}", "zh": "暂无数据：{said}"}
_KNOWN = {"en": "Known: {said}", "zh": "有数据：{said}"}


@dataclass(frozen=True)
class Trait:
    """What one column must hold.

    Parameters
    ----------
    column
        Name of the column.
    smallest, largest
        Ends of the values, as seen; None where there is no end.
    only
        The only value, where there is just one.
    missing
        Whether an unknown value fits as well; without any other bound: whether it is the only one that fits.
    word
        The word of a category.
    is_word
        Whether the category must be the word, or must not.
    """

    column: str
    smallest: float | None = None
    largest: float | None = None
    only: float | None = None
    missing: bool = False
    word: str = ""
    is_word: bool = True


def trait_sentence(trait: Trait, known: Mapping[str, SignalColumn], language: str, names: ValueNames = SHIPPED) -> str:
    """Say a trait.

    >>> trait_sentence(Trait("visits", largest=2.0), {}, "en"), trait_sentence(Trait("plan", word="basic"), {}, "zh")
    ('visits: at most 2', 'plan：基础版')
    """
    column = known.get(trait.column)
    if trait.word:
        word = said_of(column, trait.word, language, names)
        phrase = word if trait.is_word else _PHRASES[language]["not"].format(word=word)
    else:
        phrase = _range(trait, column.signal.unit if column else "", language, names.symbol)
    if phrase:
        said = _sentence(trait.column, column, phrase, language)
        return _OR_UNKNOWN[language].format(said=said) if trait.missing else said
    name = trait.column if column is None else named(column, language)
    return (_UNKNOWN if trait.missing else _KNOWN)[language].format(said=name)


def _range(trait: Trait, unit: str, language: str, symbol: str) -> str:
    phrases = _PHRASES[language]
    low, high = (shown(value, unit, language, symbol) for value in (trait.smallest, trait.largest))
    if trait.only is not None:
        return shown(trait.only, unit, language, symbol)
    if trait.smallest is not None and trait.largest is not None:
        return low if low == high else phrases["range"].format(low=low, high=high)
    if trait.smallest is not None:
        return phrases["least"].format(low=low)
    return phrases["most"].format(high=high) if trait.largest is not None else ""


def _sentence(name: str, column: SignalColumn | None, phrase: str, language: str) -> str:
    if column is None:
        return f"{name}: {phrase}" if language == "en" else f"{name}：{phrase}"
    return filled(column, phrase, language)
