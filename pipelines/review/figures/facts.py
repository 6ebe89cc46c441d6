"""All figures of a review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.gates.words import Words
from pipelines.config import Project
from pipelines.report.numbers import same
from pipelines.review.figures.ahead import Ahead, ahead
from pipelines.review.figures.base import Base, base
from pipelines.review.figures.brought import Brought, brought
from pipelines.review.figures.changes import Changes, changes
from pipelines.review.figures.customers import Customers, customers
from pipelines.review.figures.done import Done, done
from pipelines.review.figures.made import Made, made
from pipelines.review.figures.why import Why, why
from pipelines.review.month import Month
from pipelines.review.scene import Scene


@dataclass(frozen=True, eq=False)
class Facts:
    """What a review tells.

    Parameters
    ----------
    project
        The project.
    month
        The month.
    base, changes, why, ahead, customers, done, brought, made
        The figures, part by part.
    rules, playbooks
        Titles by name.
    names_customers
        Whether customers are named, or told by number alone.
    """

    project: Project
    month: Month
    base: Base
    changes: Changes
    why: Why
    ahead: Ahead
    customers: Customers
    done: Done
    brought: Brought
    made: Made
    rules: Mapping[str, Words]
    playbooks: Mapping[str, Words]
    names_customers: bool = True

    @property
    def currency(self) -> str:
        """In which money is told."""
        return self.project.currency

    def rule(self, name: str) -> Words:
        """Name a rule."""
        return self.rules.get(name, same(name))

    def playbook(self, name: str) -> Words:
        """Name a playbook."""
        return self.playbooks.get(name, same(name))

    def experiment(self, name: str) -> Words:
        """Name an experiment: a planned one by its title, a playbook's own by the playbook's."""
        plan = self.project.experiments.plans.get(name)
        if plan is None:
            return self.playbook(name)
        return Words(plan.title.get("en") or name, plan.title.get("zh") or name)


def facts(scene: Scene, names_customers: bool) -> Facts:
    """Read everything about a month."""
    act = scene.project.act
    return Facts(
        project=scene.project,
        month=scene.month,
        base=base(scene),
        changes=changes(scene),
        why=why(scene),
        ahead=ahead(scene),
        customers=customers(scene),
        done=done(scene),
        brought=brought(scene),
        made=made(scene),
        rules=_titles("rules", act.rule_folders),
        playbooks=_titles("playbooks", act.playbook_folders),
        names_customers=names_customers,
    )


def _titles(shipped: str, folders: list[Path]) -> dict[str, Words]:
    from pipelines.actions.rulebook import SHIPPED, layered

    entries = layered([SHIPPED / shipped, *folders])
    return {name: _title(name, entry.content.get("title")) for name, entry in entries.items()}


def _title(name: str, given: object) -> Words:
    title = given if isinstance(given, dict) else {}
    return Words(str(title.get("en") or name), str(title.get("zh") or name))
