"""A person's decision about the champion: checked, recorded, and followed by the export."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.config import Project
from pipelines.errors import ConfigError, GateFailed, NotReady
from pipelines.promotion import record
from pipelines.promotion.decision import TAKEN_BACK
from pipelines.promotion.notes import Outcome, retell
from pipelines.promotion.succession import crown, mend
from pipelines.registry import CHALLENGER, CHAMPION, PREVIOUS, version_of
from pipelines.tracking import Tracking, model_name

BLOCKED = "gates.blocked"
NO_REASON = "no reason was given"
APPOINTED = "appointed."
UNFINISHED = "appointed.unfinished"
"""On a champion that a person chose, until the export has followed; a rerun then ends what was begun."""


@dataclass(frozen=True)
class Wish:
    """What a person wants.

    Parameters
    ----------
    version
        The version that is to be champion.
    because
        Why, in the person's words.
    takes_back
        Whether the champion of now is taken back, so that it is not promoted again by comparison.
    """

    version: str
    because: str
    takes_back: bool = False

    def reason(self, who: str) -> str:
        """Say why it is champion, in one clause."""
        what = "the version before was taken back" if self.takes_back else "it was chosen"
        return f"{what} by {who}: {self.because}"


class Appointment:
    """Changes the champion because a person says so.

    Parameters
    ----------
    project
        The project.
    tracking
        Where its champions are kept.
    """

    def __init__(self, project: Project, tracking: Tracking) -> None:
        self._project, self._tracking = project, tracking
        self.name = model_name(project)

    def chosen(self, version: str, because: str, *, force: bool) -> Wish:
        """Check whether a version can be champion.

        Raises
        ------
        ConfigError
            If there is no such version, or no reason was given.
        GateFailed
            If a gate forbids its use, or nobody has judged it; not with `force`.
        DataError
            If it can no longer be used: its signals are defined otherwise, or it belongs to another project.
        """
        if not because.strip():
            raise ConfigError(
                "promote --to needs the reason, which is kept with the version",
                allowed="a sentence",
                do='add --because "..."',
            )
        found = self._version(version)
        if not force:
            self._refuse_blocked(found)
        self._refuse_unusable(found)
        return Wish(version, " ".join(because.split()))

    def taken_back(self, because: str) -> Wish:
        """Find the version that comes back.

        Raises
        ------
        NotReady
            If there was no champion before.
        DataError
            As `chosen`.
        """
        mend(self._tracking, self.name)
        champion = version_of(self._tracking, self.name, CHAMPION)
        if champion is not None and UNFINISHED in champion.tags:
            return Wish(str(champion.version), champion.tags[f"{APPOINTED}because"], takes_back=True)
        previous = version_of(self._tracking, self.name, PREVIOUS)
        if previous is None:
            raise NotReady(
                f"{self.name} has had no other champion",
                allowed="a champion that replaced another",
                do='choose a version: churnlab promote --to VERSION --because "..."',
            )
        self._refuse_unusable(previous)
        return Wish(str(previous.version), " ".join(because.split()) or NO_REASON, takes_back=True)

    def carry_out(self, wish: Wish) -> dict[str, Any]:
        """Make the version champion, marked as unfinished until `finish`; nothing changes if it is champion already.

        Returns
        -------
        dict
            What the stage promote would leave as ``champion``.
        """
        client, now, who = self._tracking.client(), datetime.now(UTC), getpass.getuser()
        champion = version_of(self._tracking, self.name, CHAMPION)
        if champion is None or str(champion.version) != wish.version:
            if champion is not None and wish.takes_back:
                said = f"{now:%Y-%m-%d} by {who}: {wish.because}"
                client.set_model_version_tag(self.name, champion.version, TAKEN_BACK, said)
            client.delete_model_version_tag(self.name, wish.version, TAKEN_BACK)
            told = {"by": who, "at": now.isoformat(timespec="seconds"), "because": wish.because}
            tags = {f"{APPOINTED}{key}": value for key, value in told.items()}
            crown(self._tracking, self.name, wish.version, {**tags, UNFINISHED: "true"})
        challenger = version_of(self._tracking, self.name, CHALLENGER)
        return {
            "name": self.name,
            "version": wish.version,
            "challenger": wish.version if challenger is None else str(challenger.version),
            "decision": {"promote": True, "reason": wish.reason(who)},
        }

    def finish(self, wish: Wish) -> None:
        """Record the decision where people look, once the export has followed."""
        champion = version_of(self._tracking, self.name, CHAMPION)
        if champion is None or UNFINISHED not in champion.tags:
            return
        mend(self._tracking, self.name)
        who = champion.tags[f"{APPOINTED}by"]
        outcome = Outcome(self.name, str(champion.version), wish.reason(who), "appointed")
        retell(self._tracking, self._project, outcome)
        when = datetime.fromisoformat(champion.tags[f"{APPOINTED}at"])
        record.keep(self._project.home / "reports", record.entry(outcome.verdict, when, f"by {who}", {}, []))
        self._tracking.client().delete_model_version_tag(self.name, champion.version, UNFINISHED)

    def _version(self, version: str) -> Any:
        known = {
            str(each.version): each for each in self._tracking.client().search_model_versions(f"name = '{self.name}'")
        }
        if version not in known:
            raise ConfigError(
                f"{self.name} has no version {version!r}",
                allowed=", ".join(sorted(known, key=int)) or "none is registered yet",
                do="choose one; churnlab ui shows them under Model registry",
            )
        return known[version]

    def _refuse_blocked(self, version: Any) -> None:
        failed = version.tags.get(BLOCKED)
        if failed:
            raise GateFailed(
                f"Version {version.version} failed {failed}",
                allowed="a version that no gate forbids",
                do="read why in its description; --force makes it champion all the same, and says so",
            )
        if failed is None and "decision.promote" not in version.tags:
            raise GateFailed(
                f"Version {version.version} was never judged by the gates",
                allowed="a version that the stage promote has registered",
                do="--force makes it champion all the same",
            )

    def _refuse_unusable(self, version: Any) -> None:
        """Try what the export will do, before anything is changed."""
        from pipelines.exporting.description import described

        described(self._project, self._tracking, version)
