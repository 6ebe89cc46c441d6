"""One run of deciding: rules, playbooks, and everyone at the instant of the newest scores."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.act_books import ActBooks
from pipelines.actions.decide import Circumstances, Decision, decide
from pipelines.actions.playbook import Playbook
from pipelines.actions.proven import read_lifts
from pipelines.actions.rule import Rule, inactive_because
from pipelines.actions.scene import Scene, set_scene
from pipelines.actions.statements import LOST
from pipelines.config import Project
from pipelines.console import Progress
from pipelines.errors import NotReady
from pipelines.warehouse.actions import PLANNED

if TYPE_CHECKING:
    from pipelines.standing import Standing

LOST_DAYS = 365
"""Days before the instant in which somebody must have been a customer to count as lost."""
LOOK_EVERY_DAYS = 30


@dataclass(frozen=True)
class ActJob:
    """What a run needs.

    Parameters
    ----------
    project
        The project.
    accepted, scored
        Artifacts of the stages validate and score.
    manifest
        What was exported.
    rules, playbooks
        Those that can do something on these data.
    books
        All that is written down, and the signals that there are.
    """

    project: Project
    accepted: dict[str, Any]
    scored: dict[str, Any]
    manifest: dict[str, Any]
    rules: dict[str, Rule]
    playbooks: dict[str, Playbook]
    books: ActBooks

    @classmethod
    def of(cls, project: Project, accepted: dict[str, Any], export: Path, scored: dict[str, Any]) -> ActJob:
        """Read rules and playbooks.

        Raises
        ------
        ConfigError
            If one of them is not as it should be.
        """
        from pipelines.exported.manifest import read_export

        books = ActBooks.of(project)
        there = accepted["tables"]
        able = {name: rule for name, rule in books.rules.items() if not inactive_because(rule, books.known, there)}
        switched_on = {name: each for name, each in books.playbooks.items() if each.definition.enabled}
        return cls(project, accepted, scored, read_export(export, project.name), able, switched_on, books)

    def run(self, progress: Progress, *, keep: bool = True) -> Decision:
        """Decide and write; with ``keep=False`` nothing stays.

        Raises
        ------
        NotReady
            If the scores are gone.
        """
        from pipelines.warehouse.duckdb_file import warehouse

        with warehouse(self.project.home) as connection:
            scenes = self._scenes(connection, progress)
            progress("choosing")
            connection.begin()
            try:
                decision = decide(connection, scenes, self.playbooks, self._around())
            except BaseException:
                connection.rollback()
                raise
            connection.commit() if keep else connection.rollback()
        return decision

    def told(self, decision: Decision) -> str:
        """Say in a line what was decided."""
        planned = decision.actions[decision.actions["state"] == PLANNED]
        untold = f" ({decision.untold:,} less grave ones left untold)" if decision.untold else ""
        return (
            f"{decision.alerts:,} new alerts{untold}; {len(planned):,} actions planned, "
            f"{len(decision.actions) - len(planned):,} held back as control; "
            f"{planned['expected_value'].sum():,.0f} {self.project.currency} kept for {planned['cost'].sum():,.0f}"
        )

    def warnings(self, decision: Decision) -> list[str]:
        """Say what a person should look at."""
        most, found = self.project.act.noisy_share, []
        noisy = sorted((-share, name) for name, share in decision.firing.items() if share > most)
        if noisy:
            named = ", ".join(f"{name} {-share:.0%}" for share, name in noisy)
            found.append(
                f"Fires for more than {most:.0%} of the customers and so says little: {named}. "
                f"Raise its threshold (churnlab rules test {noisy[0][1]}) or switch it off (enabled: false)"
            )
        if decision.choice is not None and decision.choice.gap > 0.01:
            found.append(f"A better choice of actions may be worth up to {decision.choice.gap:.1%} more")
        return found

    def record(self, decision: Decision) -> dict[str, Any]:
        """What is kept of the run beside the tables."""
        arms = zip(decision.actions["playbook"], decision.actions["arm"], strict=True)
        return {
            "as_of": self.scored["as_of"],
            "run_id": self.scored["run_id"],
            "alerts": decision.alerts,
            "untold": decision.untold,
            "actions": len(decision.actions),
            "by_playbook": dict(Counter(f"{playbook}, {arm}" for playbook, arm in arms)),
            "expected_value": float(decision.actions["expected_value"].sum()),
            "bound": decision.choice.bound if decision.choice else 0.0,
            "gap": decision.choice.gap if decision.choice else 0.0,
        }

    def _scenes(self, connection: Any, progress: Progress) -> list[Scene]:
        from pipelines.standing import Standing

        score = self._score_key(connection)
        standing = Standing.of(connection, self.project, self.manifest, self.accepted)
        present = standing.customers(score[0])
        scenes = [self._scene(connection, standing, "customers", present, score, progress)]
        if any(rule.definition.audience == LOST for rule in self.rules.values()):
            gone = self._lost(standing, score[0], present)
            scenes.append(self._scene(connection, standing, LOST, gone, score, progress))
        return scenes

    def _scene(
        self,
        connection: Any,
        standing: Standing,
        audience: str,
        people: Any,
        score: tuple[datetime, str],
        progress: Progress,
    ) -> Scene:
        """Compute the signals that rules and playbooks of an audience read, by the code that scores read them by."""
        rules = {name: rule for name, rule in self.rules.items() if rule.definition.audience == audience}
        playbooks = [each for each in self.playbooks.values() if each.definition.audience == audience]
        names = [
            *(name for rule in rules.values() for name in rule.signals),
            *(name for each in playbooks for name in each.signals),
        ]
        columns = [self.books.known[name] for name in dict.fromkeys(names)]
        instant = score[0]
        found = replace(standing, columns=columns).signals(people, [instant], progress)
        return set_scene(
            standing.engine,
            connection,
            found[instant].op().name,
            audience,
            rules,
            self.project.act.tiers,
            score,
            self.project.experiments.hold_out_share,
        )

    def _lost(self, standing: Standing, instant: datetime, present: Any) -> Any:
        """Who was a customer at some time of the year before, by the definition of churn, and is none now."""
        import ibis

        from training.labels.outcome import risk_set

        past = [instant - timedelta(days=days) for days in range(LOOK_EVERY_DAYS, LOST_DAYS + 1, LOOK_EVERY_DAYS)]
        were = risk_set(standing.definitions, standing.tables, past).select("customer_id").distinct()
        gone = were.anti_join(present, "customer_id")
        return gone.mutate(cutoff=ibis.literal(instant, type="timestamp(6)"))

    def _score_key(self, connection: Any) -> tuple[datetime, str]:
        from pipelines.warehouse.writing import create

        create(connection)  # for tables of an earlier release, which lack columns
        found = connection.execute(
            "SELECT as_of, model_version FROM scores.score_runs WHERE run_id = ?", [self.scored["run_id"]]
        ).fetchone()
        if found is None:
            raise NotReady("The scores that actions are planned for are gone", do="run: churnlab score")
        return found

    def _around(self) -> Circumstances:
        return Circumstances(
            datetime.fromisoformat(self.scored["as_of"]),
            self.project.act,
            self.accepted["schema"],
            {"en": self.project.title["en"], "zh": self.project.title["zh"]},
            tuple(self.accepted["tables"]),
            self.books.plans,
            read_lifts(self.project.home, self.rules),
        )
