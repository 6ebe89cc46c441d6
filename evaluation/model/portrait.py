"""The high-risk portrait: combinations of traits that mark leavers, found on earlier rows and checked on later ones.

A shallow regression tree stands in for the model (a global surrogate): it is grown on the model's probabilities and its
leaves are groups of customers that a person can describe. What a group is said to lose is counted on rows that neither
the model nor the tree has seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaluation.errors import JudgementError
from evaluation.model.portrait_words import Trait, trait_sentence
from evaluation.model.rows import FloatArray, numbers, probabilities, same_length
from evaluation.model.shares import two_sided_z, wilson_interval
from evaluation.value_names import SHIPPED, ValueNames
from features.declared import SignalColumn

HIGH = 1.5
"""Churn rate over the base rate from which a group is one of high risk."""
DEPTH = 3
SMALLEST_SHARE = 0.02
FEWEST_ROWS = 30
LEAST_GAIN = 0.01
"""Part of the variance of the model's probabilities that a trait must explain to be worth naming."""
MOST = 5
MOST_WORDS = 12
BLOCK = 10_000
IS = "\N{INFORMATION SEPARATOR ONE}"
"""Stands between a category's column and its word in the name of a yes-or-no column."""
CONFIRMED, NOT_CONFIRMED, TOO_FEW = "confirmed", "not confirmed", "too few to say"


@dataclass(frozen=True)
class Sample:
    """Rows with the model's answer and what became of them.

    Parameters
    ----------
    signals
        Shape (rows, signals): numbers, flags or categories; missing values are allowed.
    probability
        The model's, shape (rows,).
    label
        Shape (rows,).
    customer
        Shape (rows,).
    """

    signals: pd.DataFrame
    probability: ArrayLike
    label: ArrayLike
    customer: ArrayLike


@dataclass(frozen=True)
class Portrait:
    """A group of customers with its traits, and how it fared on the later rows.

    Parameters
    ----------
    traits_en, traits_zh
        What its customers have in common.
    signals
        The columns that the traits speak of.
    customers, share
        Customers of the later rows in the group, and their part of all.
    left
        How many of the rows left.
    rate, rate_low, rate_high
        Share of the group that left, with the Wilson interval.
    lift, lift_low, lift_high
        That share over the base rate, with a 95 % interval.
    recall
        Part of all leavers that the group holds.
    rate_learnt
        Share that left on the rows on which the group was found; better than true, for comparison only.
    verdict
        ``confirmed`` where the lift lies above 1 with its interval, ``not confirmed``, or ``too few to say``.
    """

    traits_en: list[str]
    traits_zh: list[str]
    signals: list[str]
    customers: int
    share: float
    left: int
    rate: float
    rate_low: float
    rate_high: float
    lift: float
    lift_low: float
    lift_high: float
    recall: float
    rate_learnt: float
    verdict: str


def portraits(
    learn: Sample,
    check: Sample,
    known: Mapping[str, SignalColumn],
    *,
    depth: int = DEPTH,
    smallest_share: float = SMALLEST_SHARE,
    most: int = MOST,
    level: float = 0.95,
    names: ValueNames = SHIPPED,
) -> dict[str, Any]:
    """Draw the high-risk portraits of a model.

    Parameters
    ----------
    learn
        Earlier rows: the tree is grown on them.
    check
        Later rows, which the model has not seen either: rates are counted on them.
    known
        Declared signals by column name, for the words.
    depth
        Traits of a group, at most.
    smallest_share
        Part of the earlier rows that a group must hold, and at least 30 rows.
    most
        Portraits, at most; the highest churn rate on the earlier rows first, only those of 1.5 times the base rate
        of which there is somebody among the later rows.
    level
        Coverage of the intervals.
    names
        What values are called.

    Returns
    -------
    dict
        JSON-able: ``base_rate`` and ``customers`` of the later rows, ``fidelity`` (part of the variance of the model's
        probabilities there that the tree explains, 1 for a perfect stand-in) and ``portraits``.

    Raises
    ------
    JudgementError
        If the samples have different signals or lengths, or the later rows have one class.
    """
    from sklearn.tree import DecisionTreeRegressor

    labels, later = _checked(learn, check)
    encoding = _Encoding.of(learn.signals)
    columns = encoding.apply(learn.signals)
    probability = probabilities(learn.probability)
    tree = DecisionTreeRegressor(
        max_depth=depth,
        min_samples_leaf=max(FEWEST_ROWS, round(smallest_share * len(columns))),
        min_impurity_decrease=LEAST_GAIN * float(probability.var()),
        random_state=0,
    )
    values = columns.to_numpy(copy=True)
    tree.fit(values, probability)
    leaves, groups = tree.apply(values), _leaves(tree, encoding, check.signals)
    rates = pd.Series(labels).groupby(leaves).mean().sort_values(ascending=False)
    chosen = [leaf for leaf in rates.index[rates >= HIGH * labels.mean()] if (groups == leaf).any()][:most]
    customer = np.asarray(check.customer)
    drawn = []
    for leaf in chosen:
        traits = _traits(tree.tree_, leaf, columns)
        said = {tongue: [trait_sentence(each, known, tongue, names) for each in traits] for tongue in ("en", "zh")}
        drawn.append(_portrait(traits, said, groups == leaf, later, customer, float(rates[leaf]), level))
    return {
        "base_rate": float(later.mean()),
        "customers": int(pd.unique(customer).size),
        "fidelity": _explained(probabilities(check.probability), tree.tree_.value[groups, 0, 0]),
        "portraits": [asdict(portrait) for portrait in drawn],
    }


def lift_interval(inside: FloatArray, outside: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """Interval of a group's churn rate over that of everyone, the group included.

    The delta method on the logarithm, with half a leaver added to the group so that a group without one has an
    interval.

    Parameters
    ----------
    inside, outside
        Labels of the group and of everyone else.
    level
        Coverage.

    Returns
    -------
    tuple of float
        Low and high end.
    """
    left, others = inside.sum() + 0.5, outside.sum() + 0.5
    rate, rate_outside = left / (inside.size + 1), others / (outside.size + 1)
    total = left + others
    of_group = (inside.size + 1) * rate * (1 - rate) * (1 / left - 1 / total) ** 2
    of_others = (outside.size + 1) * rate_outside * (1 - rate_outside) / total**2
    lift = rate / (total / (inside.size + outside.size + 2))
    spread = two_sided_z(level) * np.sqrt(of_group + of_others)
    return float(lift * np.exp(-spread)), float(lift * np.exp(spread))


def _checked(learn: Sample, check: Sample) -> tuple[FloatArray, FloatArray]:
    labels, later = numbers(learn.label, "label"), numbers(check.label, "label")
    for sample, label in ((learn, labels), (check, later)):
        same_length(label=label, signals=sample.signals.index.to_numpy(), customer=np.asarray(sample.customer))
    if list(learn.signals.columns) != list(check.signals.columns):
        raise JudgementError("Both samples must have the same signals in the same order.")
    if not 0 < later.mean() < 1:
        raise JudgementError(f"All {later.size} later rows have the same outcome; a churn rate needs both.")
    return labels, later


def _portrait(
    traits: Sequence[Trait],
    said: Mapping[str, list[str]],
    inside: NDArray[np.bool_],
    label: FloatArray,
    customer: NDArray[Any],
    rate_learnt: float,
    level: float,
) -> Portrait:
    rows, left = int(inside.sum()), float(label[inside].sum())
    customers = int(pd.unique(customer[inside]).size)
    rate = left / rows
    low, high = wilson_interval(np.array([rate]), np.array([float(customers)]), level)
    lift = lift_interval(label[inside], label[~inside], level)
    return Portrait(
        traits_en=said["en"],
        traits_zh=said["zh"],
        signals=[trait.column for trait in traits],
        customers=customers,
        share=customers / pd.unique(customer).size,
        left=int(left),
        rate=rate,
        rate_low=float(low[0]),
        rate_high=float(high[0]),
        lift=rate / float(label.mean()),
        lift_low=lift[0],
        lift_high=lift[1],
        recall=left / float(label.sum()),
        rate_learnt=rate_learnt,
        verdict=TOO_FEW if customers < FEWEST_ROWS else CONFIRMED if lift[0] > 1 else NOT_CONFIRMED,
    )


@dataclass(frozen=True)
class _Encoding:
    """Numbers for a tree: categories become one yes-or-no column for each of their frequent words."""

    words: dict[str, list[str]]

    @classmethod
    def of(cls, signals: pd.DataFrame) -> _Encoding:
        texts = [name for name in signals if not pd.api.types.is_numeric_dtype(signals[name])]
        return cls({str(name): list(map(str, signals[name].value_counts().index[:MOST_WORDS])) for name in texts})

    def apply(self, signals: pd.DataFrame) -> pd.DataFrame:
        columns: dict[str, Any] = {}
        for name in map(str, signals.columns):
            if name in self.words:
                texts = signals[name].astype("str")
                columns |= {f"{name}{IS}{word}": (texts == word).astype(float) for word in self.words[name]}
            else:
                columns[name] = signals[name].astype(float)
        return pd.DataFrame(columns, index=signals.index).astype(np.float32)


def _leaves(tree: Any, encoding: _Encoding, signals: pd.DataFrame) -> NDArray[np.intp]:
    """Find the leaf of each row, block by block: numbers for all rows at once would be a second panel."""
    starts = range(0, len(signals), BLOCK)
    blocks = (encoding.apply(signals.iloc[start : start + BLOCK]).to_numpy(copy=True) for start in starts)
    return np.concatenate([tree.apply(block) for block in blocks])


def _traits(tree: Any, leaf: int, columns: pd.DataFrame) -> list[Trait]:
    """Read the path to a leaf: what each column on it must hold, in the order in which the tree asks."""
    bounds: dict[int, tuple[float, float, bool]] = {}
    for node, is_left in _path(tree, leaf):
        place, threshold = tree.feature[node], tree.threshold[node]
        low, high, missing = bounds.get(place, (-np.inf, np.inf, True))
        missing = missing and bool(tree.missing_go_to_left[node]) == is_left
        bounds[place] = (low, min(high, threshold), missing) if is_left else (max(low, threshold), high, missing)
    return [_trait(columns.iloc[:, place], *bound) for place, bound in bounds.items()]


def _path(tree: Any, leaf: int) -> list[tuple[int, bool]]:
    """Nodes from the root to a leaf, with the side that is taken."""
    parent = {int(child): node for node in range(tree.node_count) for child in _children(tree, node)}
    steps, node = [], leaf
    while node in parent:
        above = parent[node]
        steps.append((above, tree.children_left[above] == node))
        node = above
    return steps[::-1]


def _children(tree: Any, node: int) -> tuple[int, ...]:
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    return () if left == right else (left, right)


def _trait(column: pd.Series, low: float, high: float, missing: bool) -> Trait:
    """Say bounds by values that were seen: a tree's own thresholds lie between them."""
    name, _, word = str(column.name).partition(IS)
    seen = column.to_numpy()
    inside = seen[(seen > low) & (seen <= high)]
    everything = seen[np.isfinite(seen)]
    if word:
        return Trait(name, word=word, is_word=low >= 0)
    has_missing = missing and bool(np.isnan(seen).any())
    if not inside.size:
        return Trait(name, missing=True)
    smallest = None if low == -np.inf or inside.min() == everything.min() else float(inside.min())
    largest = None if high == np.inf or inside.max() == everything.max() else float(inside.max())
    only = float(inside.min()) if inside.min() == inside.max() else None
    return Trait(name, smallest=smallest, largest=largest, only=only, missing=has_missing)


def _explained(probability: FloatArray, stand_in: FloatArray) -> float | None:
    spread = float(((probability - probability.mean()) ** 2).sum())
    return 1 - float(((probability - stand_in) ** 2).sum()) / spread if spread else None
