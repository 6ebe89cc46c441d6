"""What values of categories are called, such as `fast_moving_goods`: one place for reasons, reports, pages and tables.

`value_names.yaml` beside this file holds the names that come with the program; a project adds its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml

from evaluation.gates.words import Words

Language = Literal["en", "zh"]
ANY = "any"
"""Category of the values that may stand in every other."""
FILE = Path(__file__).with_suffix(".yaml")
_LAST = "_last"
SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


class ValueNames:
    """Names of values in English and Chinese.

    Parameters
    ----------
    names
        Category to value to its names. A category is the name of a column, such as ``industry``.
    symbol
        What stands before an amount of money; nothing where the currency is not known.

    Examples
    --------
    >>> names = SHIPPED.with_own({"industry": {"new_energy": {"zh": "新能源"}}})
    >>> names.words("new_energy", "industry").zh, names.words("fast_moving_goods", "industry").en
    ('新能源', 'fast-moving goods')
    >>> names.words("medium", "company_size").zh, names.words("medium", "risk_band").zh, names.words("tin").zh
    ('中型', '中', 'tin')
    """

    def __init__(self, names: Mapping[str, Mapping[str, Words]], symbol: str = "") -> None:
        self._names = names
        self.symbol = symbol

    def find(self, value: str, category: str = "") -> Words | None:
        """Give the names of a value.

        Parameters
        ----------
        value
            As it stands in the data.
        category
            Name of the column, or measure of a signal; empty where it is not known: the first category that has the
            value counts.

        Returns
        -------
        Words or None
            None where nobody has named it.
        """
        wanted = [category.removesuffix(_LAST), ANY] if category else list(self._names)
        return next((self._names[name][value] for name in wanted if value in self._names.get(name, {})), None)

    def words(self, value: str, category: str = "") -> Words:
        """Give the names of a value; one that nobody has named is called as it is."""
        return self.find(value, category) or Words(value, value)

    def with_own(self, own: Mapping[str, Mapping[str, Mapping[Language, str]]]) -> ValueNames:
        """Put names of a project's own on top: category to value to ``en`` and ``zh``, of which one may be missing."""
        merged = {category: dict(values) for category, values in self._names.items()}
        for category, values in own.items():
            known = merged.setdefault(category, {})
            for value, said in values.items():
                below = known.get(value, Words(value, value))
                known[value] = Words(said.get("en", below.en), said.get("zh", below.zh))
        return ValueNames(merged, self.symbol)

    def in_currency(self, currency: str) -> ValueNames:
        """Say amounts in a currency.

        >>> SHIPPED.in_currency("CNY").symbol, SHIPPED.in_currency("CHF").symbol
        ('¥', 'CHF ')
        """
        return ValueNames(self._names, SYMBOLS.get(currency, f"{currency} "))

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Give category, value, English and Chinese name of every value."""
        return [
            (category, value, words.en, words.zh)
            for category, values in self._names.items()
            for value, words in values.items()
        ]


SHIPPED = ValueNames({}).with_own(yaml.safe_load(FILE.read_text(encoding="utf-8")))
