"""A weighted mean of the log odds of several models; weights are found on validation rows only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.contributions import Contributions, weighted_sum
from training.model import MODEL_FILE, Core, core_class, read_json, ready_for, write_json
from training.scoring import expit, level_free_log_loss, logit

Floats = npt.NDArray[np.float64]

BLEND_FILE = "blend.json"
# Members are drawn with replacement this often, so that weights come in twentieths.
DRAWS = 20


@dataclass(frozen=True)
class BlendCore:
    """Models and their weights.

    Parameters
    ----------
    members
        Pairs of weight and model; weights are above 0 and sum to 1.
    """

    members: tuple[tuple[float, Core], ...]

    family: ClassVar[str] = "blend"

    @property
    def features(self) -> list[str]:
        """Columns that any member reads, each once."""
        return list(dict.fromkeys(name for _, core in self.members for name in core.features))

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Probability of each row, shape ``(rows,)``."""
        log_odds = np.zeros(len(frame))
        for weight, core in self.members:
            log_odds += weight * logit(core.probability(frame))
        return expit(log_odds)

    def ready_for(self, rows: int) -> Self:
        """Make each member ready."""
        return type(self)(tuple((weight, ready_for(core, rows)) for weight, core in self.members))

    def importance(self) -> dict[str, float]:
        """Each member's importance as shares, weighted like the member."""
        total = dict.fromkeys(self.features, 0.0)
        for weight, core in self.members:
            own = core.importance()
            whole = sum(own.values()) or 1.0
            for name, value in own.items():
                total[name] += weight * value / whole
        return total

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """Add up the members' contributions with their weights, exact because the blend adds up their log odds.

        Raises
        ------
        TrainingError
            If a member's family has no exact parts.
        """
        return weighted_sum([(weight, core.contributions(frame)) for weight, core in self.members], self.features)

    def save(self, folder: Path) -> None:
        """Write each member into a folder of its own."""
        folders = [f"{position}-{core.family}" for position, (_, core) in enumerate(self.members)]
        described = [
            {"family": core.family, "weight": weight, "folder": own}
            for (weight, core), own in zip(self.members, folders, strict=True)
        ]
        write_json(folder / BLEND_FILE, described)
        for (_, core), own in zip(self.members, folders, strict=True):
            (folder / own).mkdir()
            core.save(folder / own)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what :meth:`save` wrote."""
        described = read_json(folder / BLEND_FILE)
        # A blend saved before families could stand in it twice names no folders.
        return cls(
            tuple(
                (member["weight"], core_class(member["family"]).load(folder / member.get("folder", member["family"])))
                for member in described
            )
        )


@dataclass(frozen=True)
class FoldScores:
    """What the members said about one fold's validation rows.

    Parameters
    ----------
    log_odds
        Shape ``(members, rows)``.
    label
        Shape ``(rows,)``.
    weight
        Weight of each row.
    """

    log_odds: Floats
    label: npt.NDArray[np.int8]
    weight: Floats | None

    def loss(self, shares: Floats) -> float:
        """Level-free log loss of the blend with these shares."""
        return level_free_log_loss(self.label, shares @ self.log_odds, self.weight)


def find_shares(folds: Sequence[FoldScores]) -> Floats:
    """Find each member's share by drawing, again and again, the member that helps most (Caruana et al. 2004).

    Parameters
    ----------
    folds
        Validation rows of each fold.

    Returns
    -------
    numpy.ndarray
        Shares of shape ``(members,)`` that sum to 1: from the number of draws with the least mean loss, and half way
        to equal shares of the members drawn, since found shares are uncertain and equal ones are hard to beat.
    """
    members = len(folds[0].log_odds)
    counts = np.zeros(members)
    best_loss, best = np.inf, counts
    for _ in range(DRAWS):
        losses = [_mean_loss(folds, _with_one_more(counts, member)) for member in range(members)]
        counts = counts + np.eye(members)[int(np.argmin(losses))]
        if min(losses) < best_loss - 1e-9:
            best_loss, best = min(losses), counts
    drawn = best > 0
    return 0.5 * best / best.sum() + 0.5 * drawn / drawn.sum()


def cross_fitted_blend(folds: Sequence[FoldScores]) -> list[Floats]:
    """Blend each fold's rows with shares that were found on the other folds."""
    blended = []
    for number, fold in enumerate(folds):
        others = [other for at, other in enumerate(folds) if at != number] or [fold]
        blended.append(find_shares(others) @ fold.log_odds)
    return blended


def families_in(folder: Path) -> set[str]:
    """Families that a saved model is made of: its own, and those of a blend's members.

    Parameters
    ----------
    folder
        Folder of the model.
    """
    family = read_json(folder / MODEL_FILE)["family"]
    members = read_json(folder / BLEND_FILE) if family == BlendCore.family else ()
    return {family, *(member["family"] for member in members)}


def blend_of(cores: Mapping[str, Core], shares: Mapping[str, float]) -> BlendCore:
    """Join fitted models with the shares above zero."""
    return BlendCore(tuple((share, cores[name]) for name, share in shares.items() if share > 0))


def _with_one_more(counts: Floats, member: int) -> Floats:
    tried = counts.copy()
    tried[member] += 1
    return tried / tried.sum()


def _mean_loss(folds: Sequence[FoldScores], shares: Floats) -> float:
    return float(np.mean([fold.loss(shares) for fold in folds]))
