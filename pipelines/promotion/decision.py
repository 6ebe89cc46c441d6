"""Whether a challenger becomes champion: by its gates, against the recency rule, against the champion before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.config import Project
from pipelines.config_promote import PromoteSettings
from pipelines.errors import DataError
from pipelines.promotion.comparison import SAID, Compare, Floats, comparer
from pipelines.tracking import Tracking

if TYPE_CHECKING:
    from evaluation.model.bootstrap import Difference
    from pipelines.judging.material import Material

Standing = Literal["champion", "challenger", "blocked"]
RULE_GATE = "CHN003"
TAKEN_BACK = "taken_back"
OF_THE_OUTCOME = ("churn", "horizon_days", "gap_days")


@dataclass(frozen=True)
class Decision:
    """What became of a challenger, and by which numbers.

    Parameters
    ----------
    standing
        ``champion``, ``challenger`` or ``blocked``.
    reason
        Why, in one clause.
    settings
        Loss, margin and confidence.
    against
        Version that it was compared with; none where it was compared with nobody.
    advantage
        Over that version, in the unit of the loss.
    over_rule
        Advantage over the recency rule.
    """

    standing: Standing
    reason: str
    settings: PromoteSettings
    against: str | None = None
    advantage: Difference | None = None
    over_rule: Difference | None = None

    @property
    def promote(self) -> bool:
        """Whether it becomes champion."""
        return self.standing == "champion"

    def record(self) -> dict[str, Any]:
        """Give plain values: ``promote``, ``reason``, the settings, and each number that there is."""
        said: dict[str, Any] = {"promote": self.promote, "reason": self.reason, **self.settings.model_dump()}
        if self.against is not None:
            said["against"] = self.against
        for prefix, found in (("", self.advantage), ("rule_", self.over_rule)):
            if found is not None:
                said |= {f"{prefix}difference": found.estimate, f"{prefix}low": found.low, f"{prefix}high": found.high}
        return said


@dataclass(frozen=True, eq=False)
class Case:
    """A challenger and what it is judged by.

    Parameters
    ----------
    project, settings
        The project and its section ``promote``.
    tracking
        Where champions are kept.
    material
        Predictions on the test slice, and what belongs to them.
    panel
        Artifact of that name.
    gates
        Findings of all gates.
    """

    project: Project
    settings: PromoteSettings
    tracking: Tracking
    material: Material
    panel: Path
    gates: Sequence[Mapping[str, Any]]

    @property
    def probability(self) -> Floats:
        """The challenger's probabilities on the test rows."""
        return self.material.scores(self.material.best)

    @property
    def blocked(self) -> list[Mapping[str, Any]]:
        """Findings that forbid its use."""
        return [gate for gate in self.gates if gate["status"] == "failed" and gate["severity"] == "block"]

    @property
    def ruling(self) -> str:
        """Hash of what a decision follows from beside the two models: settings and findings of the gates."""
        found = [(gate["code"], gate["status"], gate["severity"]) for gate in self.gates]
        parts = (self.settings.model_dump(), self.must_beat_rule, found)
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    @cached_property
    def compare(self) -> Compare:
        """Compares two models on the test rows."""
        return comparer(self.material, self.settings)

    @property
    def must_beat_rule(self) -> bool:
        """Whether the rule has to be beaten: always, unless the project only wants to be warned."""
        return bool(self.project.evaluate.gates.get(RULE_GATE, {}).get("severity", "block") == "block")


def decide(case: Case, version: Any | None, champion: Any | None) -> Decision:
    """Decide about a challenger; nothing is written.

    Parameters
    ----------
    case
        The challenger.
    version
        Its registered version; none where it is not registered yet.
    champion
        The registered version that is champion now, if any.
    """
    if case.blocked:
        found = case.blocked[0]["found"].rstrip(".")
        return Decision("blocked", f"{', '.join(gate['code'] for gate in case.blocked)}: {found}", case.settings)
    if version is not None and champion is not None and str(champion.version) == str(version.version):
        return Decision("champion", champion.tags.get("decision.reason", "it is champion already"), case.settings)
    if version is not None and TAKEN_BACK in version.tags:
        said = f"a person took it back ({version.tags[TAKEN_BACK]}); churnlab promote --to undoes that"
        return Decision("challenger", said, case.settings)
    over_rule = _over_rule(case)
    if case.must_beat_rule and over_rule is not None and not over_rule.estimate > 0:
        standing: Standing = "blocked" if champion is None else "challenger"
        reason = f"it does not beat the recency rule: {_told(over_rule, case.settings)}"
        return Decision(standing, reason, case.settings, over_rule=over_rule)
    if champion is None:
        return Decision("champion", "the first champion", case.settings, over_rule=over_rule)
    return _against(case, champion, over_rule)


def _over_rule(case: Case) -> Difference | None:
    """Compare with the recency rule; none where it was not trained, or is itself the best."""
    rule = case.material.rule
    return None if rule is None else case.compare(case.probability, case.material.scores(rule))


def _against(case: Case, champion: Any, over_rule: Difference | None) -> Decision:
    """Compare with the champion, on rows that neither has seen."""
    from pipelines.exporting.learnt import read_learnt
    from pipelines.registry import logged_folder, model_folder
    from training.errors import MissingLibrary, TrainingError

    given: dict[str, Any] = {"settings": case.settings, "against": str(champion.version), "over_rule": over_rule}
    if str(champion.tags.get("cutoff")) > str(case.material.calendar["test_cutoff"]):
        return Decision("challenger", f"version {champion.version} has learnt from these test rows; it stays", **given)
    if champion.tags.get("split", split_of(case.material)) != split_of(case.material):
        reason = f"version {champion.version} was taught on another part of the table, perhaps on these rows; it stays"
        return Decision("challenger", reason, **given)
    try:
        logged = logged_folder(case.tracking, champion)
        outdated = _outdated(case, read_learnt(logged))
        if outdated:
            return Decision("champion", f"version {champion.version} {outdated}", **given)
        old = _probability(case, model_folder(logged, champion))
    except MissingLibrary:  # It can score where its library is installed.
        raise
    except (DataError, TrainingError) as error:
        return Decision("champion", f"the champion before cannot score any more ({error.given})", **given)
    return _weighed(case, case.compare(case.probability, old), given)


def _weighed(case: Case, advantage: Difference, given: Mapping[str, Any]) -> Decision:
    settings = case.settings
    is_good_enough = advantage.low > -settings.margin
    doubt = "" if is_good_enough else "the challenger is not surely better: "
    margin = f", margin {settings.margin:g}" if settings.margin else ""
    reason = f"{doubt}{_told(advantage, settings)} than version {given['against']}{margin}"
    return Decision("champion" if is_good_enough else "challenger", reason, advantage=advantage, **given)


def _told(found: Difference, settings: PromoteSettings) -> str:
    return (
        f"{SAID[settings.loss]} better by {found.estimate:+.4f} "
        f"({settings.level:.0%} interval {found.low:+.4f} to {found.high:+.4f})"
    )


def split_of(material: Material) -> str:
    """Say which rows of a flat table judge, which must be the same for both; with time the cutoff says it."""
    if not material.calendar["flat"]:
        return "time"
    settings = material.project.train
    return f"{settings.test_share:g} of the table, seed {settings.seed}"


def _outdated(case: Case, learnt: Mapping[str, Any] | None) -> str:
    """Say why the champion's opinion can no longer be asked for, if so."""
    if learnt is None or learnt["flat"]:
        return ""
    label = case.project.model_dump(mode="json", by_alias=True)["label"]
    if [learnt["label"][name] for name in OF_THE_OUTCOME] != [label[name] for name in OF_THE_OUTCOME]:
        return "foretells another outcome than label.churn and its window say now"
    from features.fingerprint import fingerprints

    now = fingerprints({name: case.material.signals[name] for name in learnt["kinds"] if name in case.material.signals})
    changed = [name for name, before in learnt["definitions"].items() if now.get(name) != before]
    return f"reads signals that are gone or defined otherwise by now ({', '.join(changed[:3])})" if changed else ""


def _probability(case: Case, model: Path) -> Floats:
    """Score the test rows with a model of before."""
    from pipelines.panel import FLAT_FILE, file_of, read_panel
    from training.model import load_model

    test, when = case.material.test, case.material.calendar["test_cutoff"]
    file = FLAT_FILE if when is None else file_of(datetime.fromisoformat(when))
    signals = read_panel(case.panel / file)
    rows = signals.set_index(signals["customer_id"].astype("str")).loc[list(test["customer_id"])]
    return load_model(model).predict(rows)
