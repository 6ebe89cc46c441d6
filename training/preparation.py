"""What is learnt about columns before a family sees them: shares for long categories, scores for texts, the rhythm.

All of it is learnt anew from the training rows of each fold, so that no validation row has a say in its own columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from training.encoding import Column, Encoding, learn_encoding
from training.examples import Examples
from training.purchase_process import ALIVE, RISK, PurchaseColumns, PurchaseProcess, fit_purchase_process
from training.splits import Fold
from training.target_shares import TargetShares, learn_shares
from training.text_scores import TextScore, is_text, learn_text_score

# Categories up to this number are read one by one; more become one number.
MOST_CATEGORIES = 40


@dataclass(frozen=True)
class Rhythm:
    """A fitted purchase process, the columns it reads and the days it looks ahead."""

    process: PurchaseProcess
    columns: PurchaseColumns
    days: float

    def add_to(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Append the two signals of the process."""
        signals = self.process.signals(self.columns.rhythm(frame), self.days)
        return frame.assign(**{name: signals[name].to_numpy() for name in (RISK, ALIVE)})


@dataclass(frozen=True)
class Purchases:
    """The columns that tell a rhythm of purchases, and the days that a process fitted to them looks ahead."""

    columns: PurchaseColumns
    days: float

    def learn(self, examples: Examples) -> Rhythm:
        """Fit the process to the newest cutoff, whose histories are the longest; it needs no labels."""
        return Rhythm(fit_purchase_process(self.columns.rhythm(_newest(examples))), self.columns, self.days)

    def has_repeats(self, examples: Examples) -> bool:
        """Whether anybody at the newest cutoff has bought twice: else there is nothing to fit."""
        return self.columns.rhythm(_newest(examples)).has_repeats


@dataclass(frozen=True)
class Preparation:
    """What was learnt about columns.

    Parameters
    ----------
    shares
        Long categories that become the share of leavers.
    texts
        Texts that become log odds.
    rhythm
        The purchase process, where there is one.
    """

    shares: tuple[TargetShares, ...] = ()
    texts: tuple[TextScore, ...] = ()
    rhythm: Rhythm | None = None

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Replace and append columns; the given frame is left as it is."""
        values = {share.column.name: share.apply(frame) for share in self.shares}
        values.update({text.name: text.apply(frame) for text in self.texts})
        prepared = frame.assign(**values) if values else frame
        return prepared if self.rhythm is None else self.rhythm.add_to(prepared)

    def only(self, features: Sequence[str]) -> Preparation:
        """Keep what a model with these features needs."""
        return Preparation(
            tuple(share for share in self.shares if share.column.name in features),
            tuple(text for text in self.texts if text.name in features),
            self.rhythm if {RISK, ALIVE} & set(features) else None,
        )

    def inputs(self, features: Sequence[str]) -> list[str]:
        """Columns needed from outside so that a model can read these features."""
        needed = [name for name in features if name not in (RISK, ALIVE)]
        if self.rhythm is not None and len(needed) < len(features):
            needed += vars(self.rhythm.columns).values()
        return list(dict.fromkeys(needed))

    @property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """For each column that has another name than what it was made from, the columns that it was made from."""
        return {} if self.rhythm is None else dict.fromkeys((RISK, ALIVE), self.rhythm.columns.names)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        rhythm = self.rhythm
        return {
            "shares": [share.to_json() for share in self.shares],
            "texts": [text.to_json() for text in self.texts],
            "rhythm": None
            if rhythm is None
            else {"process": rhythm.process.to_json(), "columns": vars(rhythm.columns), "days": rhythm.days},
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Preparation:
        """Read back what :meth:`to_json` wrote."""
        rhythm = values["rhythm"]
        return cls(
            tuple(TargetShares.from_json(share) for share in values["shares"]),
            tuple(TextScore.from_json(text) for text in values["texts"]),
            None
            if rhythm is None
            else Rhythm(PurchaseProcess(**rhythm["process"]), PurchaseColumns(**rhythm["columns"]), rhythm["days"]),
        )


@dataclass(frozen=True)
class Plan:
    """Which columns need learning; decided without labels.

    Parameters
    ----------
    long_categories
        Columns with more categories than are read one by one.
    texts
        Columns of free text.
    purchases
        What a purchase process is fitted to, where one is.
    seed
        Seed of the parts.
    """

    long_categories: tuple[Column, ...] = ()
    texts: tuple[str, ...] = ()
    purchases: Purchases | None = None
    seed: int = 0

    def learn(self, examples: Examples) -> tuple[Preparation, Examples]:
        """Learn from training rows.

        Returns
        -------
        tuple
            What later rows are prepared by, and the training rows prepared so that no label reaches its own row.
        """
        if not (self.long_categories or self.texts or self.purchases):
            return Preparation(), examples
        shares = {column.name: learn_shares(column, examples, seed=self.seed) for column in self.long_categories}
        texts = {name: learn_text_score(name, examples, seed=self.seed) for name in self.texts}
        values = {name: learnt[1] for name, learnt in (*shares.items(), *texts.items())}
        features = examples.features.assign(**values) if values else examples.features
        rhythm = None if self.purchases is None else self.purchases.learn(examples)
        if rhythm is not None:
            features = rhythm.add_to(features)
        preparation = Preparation(
            tuple(learnt[0] for learnt in shares.values()), tuple(learnt[0] for learnt in texts.values()), rhythm
        )
        return preparation, replace(examples, features=features)

    def fold(self, examples: Examples, fold: Fold) -> tuple[Examples, Examples]:
        """Training and validation rows of a fold, prepared by what its training rows teach."""
        preparation, train = self.learn(examples.taught(fold.train, fold.open_windows))
        validation = examples.take(fold.validation)
        return train, replace(validation, features=preparation.apply(validation.features))

    def encoding(self, features: pd.DataFrame) -> Encoding:
        """Encoding of the prepared columns."""
        numbers = {column.name for column in self.long_categories} | set(self.texts)
        columns = [
            Column(column.name) if column.name in numbers else column for column in learn_encoding(features).columns
        ]
        if self.purchases is not None:
            columns += [Column(RISK), Column(ALIVE)]
        return Encoding(tuple(columns))


def make_plan(features: pd.DataFrame, *, purchases: Purchases | None = None, seed: int = 0) -> Plan:
    """Decide which columns need learning.

    Parameters
    ----------
    features
        Training rows.
    purchases
        What a purchase process is fitted to.
    seed
        Seed of the parts.

    Returns
    -------
    Plan
        Empty for plain numbers and short categories.
    """
    long = [
        column
        for column in learn_encoding(features).columns
        if column.categories is not None and len(column.categories) > MOST_CATEGORIES
    ]
    texts = tuple(column.name for column in long if is_text(features[column.name]))
    return Plan(tuple(column for column in long if column.name not in texts), texts, purchases, seed)


def _newest(examples: Examples) -> pd.DataFrame:
    cutoff = examples.cutoff
    return examples.features if cutoff is None else examples.features[cutoff == cutoff.max()]
