"""Which rows teach, which choose and which judge: one object that can be logged and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError

Rows = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int8]
Times = npt.NDArray[np.datetime64]

CUSTOMER_FOLDS = 5
DAY = "datetime64[D]"


@dataclass(frozen=True)
class OpenWindows:
    """Rows whose outcome window is open at the instant that is predicted from: part of their outcome is known by then.

    Parameters
    ----------
    rows
        Positions.
    label
        What they teach, once :mod:`training.open_windows` has filled it; until then they teach nothing.
    """

    rows: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    label: Labels = field(default_factory=lambda: np.empty(0, dtype=np.int8))

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True)
class Fold:
    """One round of validation.

    Parameters
    ----------
    train
        Positions of the rows to learn from.
    validation
        Positions of the rows to judge on; none of them is in ``train``.
    description
        What the fold is, for a reader.
    open_windows
        Rows between the last of ``train`` and the validation cutoff.
    """

    train: Rows
    validation: Rows
    description: str
    open_windows: OpenWindows = field(default_factory=OpenWindows)


@dataclass(frozen=True)
class Split:
    """How rows are divided.

    Parameters
    ----------
    kind
        ``rolling_origin``, ``stratified`` or ``given``.
    folds
        Rounds of validation, all inside ``train`` or earlier.
    train
        Positions of all rows that may be used for the final fit.
    test
        Positions of the rows that judge the final model and choose nothing.
    settings
        The arguments that made the split, JSON-able.
    open_windows
        Rows between the last of ``train`` and the test cutoff.
    """

    kind: str
    folds: tuple[Fold, ...]
    train: Rows
    test: Rows
    settings: dict[str, Any]
    open_windows: OpenWindows = field(default_factory=OpenWindows)

    def relocated(self, to: Callable[[Rows], Rows]) -> Split:
        """Give the same split of rows that lie elsewhere now; open windows are to be filled anew.

        Parameters
        ----------
        to
            Gives the new positions of old ones.
        """
        folds = tuple(
            replace(
                fold,
                train=to(fold.train),
                validation=to(fold.validation),
                open_windows=OpenWindows(to(fold.open_windows.rows)),
            )
            for fold in self.folds
        )
        own = OpenWindows(to(self.open_windows.rows))
        return replace(self, folds=folds, train=to(self.train), test=to(self.test), open_windows=own)

    @property
    def in_time(self) -> bool:
        """Whether the folds follow one another in time."""
        return self.settings.get("validated_on") == "later cutoffs"

    def describe(self) -> dict[str, Any]:
        """Summarise the split for a log or a drawing.

        Returns
        -------
        dict
            JSON-able: kind, settings, numbers of rows in train and test, and one entry for each fold.
        """
        return {
            "kind": self.kind,
            "settings": self.settings,
            "train_rows": len(self.train),
            "test_rows": len(self.test),
            "folds": [
                {
                    "description": fold.description,
                    "train_rows": len(fold.train),
                    "validation_rows": len(fold.validation),
                }
                for fold in self.folds
            ],
        }


def rolling_origin(
    cutoff: Times,
    *,
    test_cutoff: Any,
    gap_days: int,
    horizon_days: int,
    validations: int = 3,
    customer: npt.NDArray[Any] | None = None,
) -> Split:
    """Split a panel by time, purged: no training window reaches past the instant that the fold predicts from.

    Parameters
    ----------
    cutoff
        Instant of prediction of each row, shape ``(rows,)``.
    test_cutoff
        Instant of prediction of the test rows; all their windows must be over, which the label's null shows.
    gap_days
        Days between cutoff and outcome window, 0 or more.
    horizon_days
        Length of the outcome window in days, 1 or more.
    validations
        Wanted number of validation cutoffs; the latest that have rows to learn from are taken.
    customer
        Customer of each row. Where the history is too short for even one purged validation cutoff, the training rows
        are divided by customer instead, and the folds say so; without customers such a history is an error.

    Returns
    -------
    Split
        Training rows of the fold that validates at ``v`` satisfy ``cutoff + gap + horizon <= v``; rows of the final
        fit satisfy the same towards ``test_cutoff``. Rows whose window is open then are told apart.

    Raises
    ------
    TrainingError
        If no row is at the test cutoff, none is early enough to learn from, or no validation cutoff can be formed.
    """
    _check_window(gap_days, horizon_days, validations)
    times = cutoff.astype("datetime64[us]")
    test_at = np.datetime64(test_cutoff).astype("datetime64[us]")
    window = np.timedelta64(gap_days + horizon_days, "D").astype("timedelta64[us]")
    gap = np.timedelta64(gap_days, "D")
    test = np.flatnonzero(times == test_at)
    train = np.flatnonzero(times + window <= test_at)
    _check_parts(times, train, test, str(test_at), gap_days + horizon_days)
    validate_at = _validation_cutoffs(times[train], window, validations)
    if validate_at:
        folds = [_rolling_fold(times, at, gap, window) for at in validate_at]
    else:
        folds = _customer_folds(train, customer, times[train], gap_days + horizon_days)
    settings = {
        "test_cutoff": str(test_at),
        "gap_days": gap_days,
        "horizon_days": horizon_days,
        "validations": validations,
        "validated_on": "later cutoffs" if validate_at else "other customers",
        "train_cutoffs": [str(at) for at in np.unique(times[train])],
    }
    return Split("rolling_origin", tuple(folds), train, test, settings, _open(times, test_at, gap, window))


def stratified(
    label: npt.NDArray[Any],
    *,
    test_share: float = 0.3,
    seed: int = 0,
    folds: int = 5,
    repeats: int = 1,
    key: npt.NDArray[Any] | None = None,
) -> Split:
    """Split a flat table at random with the same share of leavers in every part.

    Parameters
    ----------
    label
        0 or 1 for each row.
    test_share
        Share of rows that judge, between 0 and 1 exclusive.
    seed
        The same seed gives the same split.
    folds
        Parts of one round of cross-validation, 2 or more.
    repeats
        Rounds of cross-validation, each with its own shuffle.
    key
        Customer of each row; rows of one customer stay together and the split does not depend on the rows' order.

    Returns
    -------
    Split
        ``folds * repeats`` folds inside the training part.

    Raises
    ------
    TrainingError
        If ``test_share`` or the number of folds is out of range, or a class has too few rows for the folds.
    """
    if not 0 < test_share < 1:
        raise TrainingError(f"test_share {test_share}", "above 0 and below 1", "set it to 0.3, for example")
    rank, size = _shuffled_ranks(label, key, seed)
    split = given(rank < np.round(test_share * size), label, folds=folds, repeats=repeats, seed=seed, key=key)
    return Split("stratified", split.folds, split.train, split.test, {"test_share": test_share, **split.settings})


def given(
    test_mask: npt.NDArray[np.bool_],
    label: npt.NDArray[Any],
    *,
    folds: int = 5,
    repeats: int = 1,
    seed: int = 0,
    key: npt.NDArray[Any] | None = None,
) -> Split:
    """Split a flat table that says itself which rows judge.

    Parameters
    ----------
    test_mask
        True for rows that judge.
    label, folds, repeats, seed, key
        As for :func:`stratified`.

    Returns
    -------
    Split
        Stratified folds inside the rows that do not judge.

    Raises
    ------
    TrainingError
        If one side is empty or a class has too few rows for the folds.
    """
    mask = np.asarray(test_mask, dtype=bool)
    train, test = np.flatnonzero(~mask), np.flatnonzero(mask)
    if not len(train) or not len(test):
        raise TrainingError(
            f"{len(train)} training and {len(test)} test rows", "at least one of each", "check the split column"
        )
    _check_folds(label[train], folds)
    own_key = None if key is None else key[train]
    rounds = tuple(
        fold
        for repeat in range(repeats)
        for fold in _stratified_folds(train, _deal(label[train], own_key, folds, seed + 1 + repeat), repeat, folds)
    )
    return Split("given", rounds, train, test, {"folds": folds, "repeats": repeats, "seed": seed})


def _check_window(gap_days: int, horizon_days: int, validations: int) -> None:
    if gap_days < 0 or horizon_days < 1 or validations < 1:
        raise TrainingError(
            f"gap_days {gap_days}, horizon_days {horizon_days}, validations {validations}",
            "a gap of 0 or more, a horizon and validations of 1 or more",
            "correct the setting",
        )


def _check_parts(times: Times, train: Rows, test: Rows, test_at: str, reach_days: int) -> None:
    span = f"cutoffs {times.min()} to {times.max()}" if len(times) else "no rows"
    if not len(test):
        raise TrainingError(
            f"no row at the test cutoff {test_at} ({span})", "a cutoff that has rows", "choose one of the cutoffs"
        )
    if not len(train):
        raise TrainingError(
            f"no row whose outcome window of {reach_days} days is over by {test_at} ({span})",
            f"cutoffs at least {reach_days} days before the test cutoff",
            "add earlier cutoffs, shorten the horizon, or move the test cutoff later",
        )


def _validation_cutoffs(train_times: Times, window: np.timedelta64, wanted: int) -> Sequence[np.datetime64]:
    cutoffs = np.unique(train_times)
    possible = cutoffs[cutoffs >= cutoffs[0] + window]
    chosen: list[np.datetime64] = []
    for at in possible[::-1]:
        if len(chosen) < wanted and (not chosen or at + window <= chosen[-1]):
            chosen.append(at)
    return chosen[::-1]


def _customer_folds(train: Rows, customer: npt.NDArray[Any] | None, train_times: Times, reach_days: int) -> list[Fold]:
    """Judge the latest cutoff by the earlier half of the history, with no customer on both sides of a fold."""
    if customer is None or len(np.unique(customer[train].astype(str))) < CUSTOMER_FOLDS:
        raise TrainingError(
            f"training cutoffs {train_times.min()} to {train_times.max()}, none {reach_days} days after another",
            "at least one cutoff whose predecessors' outcome windows are over, to validate on",
            "add earlier cutoffs, shorten the horizon, or pass the customers to validate on customers instead",
        )
    part = _deal(np.zeros(len(train), dtype=np.int8), customer[train], CUSTOMER_FOLDS, seed=0)
    first, last = train_times.min(), train_times.max()
    early, late = train_times <= first + (last - first) // 2, train_times == last
    text = f"learn to {train_times[early].max().astype(DAY)}, validate {last.astype(DAY)} on other customers"
    return [
        Fold(train[early & (part != number)], train[late & (part == number)], f"{text}, part {number + 1}")
        for number in range(CUSTOMER_FOLDS)
    ]


def _rolling_fold(times: Times, at: np.datetime64, gap: np.timedelta64, window: np.timedelta64) -> Fold:
    train = np.flatnonzero(times + window <= at)
    seen = np.unique(times[train])
    text = f"learn {seen[0].astype(DAY)} to {seen[-1].astype(DAY)}, validate {at.astype(DAY)}"
    return Fold(train, np.flatnonzero(times == at), text, _open(times, at, gap, window))


def _open(times: Times, at: np.datetime64, gap: np.timedelta64, window: np.timedelta64) -> OpenWindows:
    return OpenWindows(np.flatnonzero((times + window > at) & (times + gap < at)))


def _check_folds(label: npt.NDArray[Any], folds: int) -> None:
    counts = np.bincount(label.astype(int), minlength=2)
    if folds < 2 or counts.min() < folds:
        raise TrainingError(
            f"{folds} folds with {counts[0]} stayed and {counts[1]} left in the training part",
            "2 or more folds and at least one row of each class in each",
            "use fewer folds or bring more rows",
        )


def _deal(label: npt.NDArray[Any], key: npt.NDArray[Any] | None, parts: int, seed: int) -> Rows:
    """Deal rows (or customers) of each class out to parts like cards, so that parts differ by a row a class."""
    rank, size = _shuffled_ranks(label, key, seed)
    first_part = np.where(label == 1, size.max(initial=0), 0)
    return (rank + first_part) % parts


def _shuffled_ranks(label: npt.NDArray[Any], key: npt.NDArray[Any] | None, seed: int) -> tuple[Rows, Rows]:
    """Place of each row's customer in a shuffle of its class, and the size of that class."""
    row_of = np.arange(len(label)) if key is None else np.unique(key.astype(str), return_inverse=True)[1]
    left = np.zeros(row_of.max(initial=-1) + 1, dtype=np.int64)
    np.maximum.at(left, row_of, label.astype(np.int64))
    random = np.random.default_rng(seed)
    rank, size = np.empty_like(left), np.empty_like(left)
    for value in (0, 1):
        members = random.permutation(np.flatnonzero(left == value))
        rank[members] = np.arange(len(members))
        size[members] = len(members)
    return rank[row_of], size[row_of]


def _stratified_folds(train: Rows, part: Rows, repeat: int, folds: int) -> list[Fold]:
    return [
        Fold(train[part != number], train[part == number], f"round {repeat + 1}, part {number + 1} of {folds}")
        for number in range(folds)
    ]
