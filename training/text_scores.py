"""A column of free text as one number: the log odds of leaving that its words speak for.

Words (of Chinese and Japanese text, pairs of characters) are hashed into a fixed number of places, so that no word of a
customer is ever written into a model's files.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.examples import Examples
from training.target_shares import customer_parts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]

PLACES = 4096
PARTS = 5
STRENGTH = 1.0
MOST_WORDS = 500
WORD = re.compile(r"[぀-ヿ㐀-鿿]+|\w+")
IDEOGRAPH = re.compile(r"[぀-ヿ㐀-鿿]")


@dataclass(frozen=True)
class TextScore:
    """Weights of hashed words of one column.

    Parameters
    ----------
    name
        The column.
    weights
        Log odds for each place, shape ``(PLACES,)``; texts are brought to length 1 first.
    intercept
        Log odds of a text without known words.
    """

    name: str
    weights: tuple[float, ...]
    intercept: float

    def apply(self, frame: pd.DataFrame) -> Floats:
        """Log odds for each row; not a number where there is no text."""
        return _scores(frame[self.name], np.array(self.weights), self.intercept)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"name": self.name, "weights": list(self.weights), "intercept": self.intercept}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> TextScore:
        """Read back what :meth:`to_json` wrote."""
        return cls(values["name"], tuple(values["weights"]), values["intercept"])


def learn_text_score(name: str, examples: Examples, *, seed: int) -> tuple[TextScore, Floats]:
    """Learn the words of a column.

    Parameters
    ----------
    name
        The column.
    examples
        Training rows of one fold or of the final fit.
    seed
        Seed of the parts.

    Returns
    -------
    tuple
        What later rows are scored by, and the values of the training rows, each found without its own customer.
    """
    series = examples.features[name]
    values = np.full(len(examples), np.nan)
    part = customer_parts(examples, PARTS, seed)
    for number in range(PARTS):
        inside = part == number
        weights, intercept = _fit(series[~inside], examples.label[~inside])
        values[inside] = _scores(series[inside], weights, intercept)
    weights, intercept = _fit(series, examples.label)
    return TextScore(name, tuple(map(float, weights)), intercept), values


def words(text: str) -> list[str]:
    """Split a text into lower-case words; runs of ideographs into overlapping pairs.

    Examples
    --------
    >>> words("Too slow! 系统太慢")
    ['too', 'slow', '系统', '统太', '太慢']
    """
    return list(_words(text))[:MOST_WORDS]


def is_text(series: pd.Series[Any]) -> bool:
    """Whether values read like sentences: three words or more on average over those that occur."""
    some = series.dropna().astype(str).drop_duplicates().head(500)
    return bool(len(some)) and float(np.mean([len(words(text)) for text in some])) >= 3.0


def _words(text: str) -> Iterator[str]:
    for match in WORD.findall(text.lower()):
        if IDEOGRAPH.match(match) and len(match) > 1:
            yield from (match[at : at + 2] for at in range(len(match) - 1))
        else:
            yield match


def _hashed(series: pd.Series[Any]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    rows, places = [], []
    for row, text in enumerate(series.fillna("").astype(str)):
        for word in set(words(text)):
            rows.append(row)
            places.append(zlib.crc32(word.encode()) % PLACES)
    counts = csr_matrix((np.ones(len(rows)), (rows, places)), shape=(len(series), PLACES))
    lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    return csr_matrix(counts.multiply(1.0 / np.maximum(lengths, 1.0)[:, None]))


def _fit(series: pd.Series[Any], label: npt.NDArray[np.int8]) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    known = series.notna().to_numpy()
    if len(np.unique(label[known])) < 2:
        return np.zeros(PLACES), 0.0
    fitted = LogisticRegression(C=STRENGTH, max_iter=200).fit(_hashed(series[known]), label[known])
    return fitted.coef_[0], float(fitted.intercept_[0])


def _scores(series: pd.Series[Any], weights: Floats, intercept: float) -> Floats:
    scores = np.asarray(_hashed(series) @ weights).ravel() + intercept
    return np.where(series.notna().to_numpy(), scores, np.nan)
