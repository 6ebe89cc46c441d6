"""Decide at one instant: which alerts are new, and who gets which action on which day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from evaluation.action.assignment import TREATED
from evaluation.action.choice import Choice
from pipelines.actions.arms import Plans, arms_of, on_playbook
from pipelines.actions.consent import load_refusals
from pipelines.actions.diary import Diary, working_days
from pipelines.actions.eligibility import Candidates, candidates
from pipelines.actions.firing import choose_alerts, firing_shares, raise_alerts
from pipelines.actions.plan import Plan, plan
from pipelines.actions.playbook import Playbook
from pipelines.actions.rows import action_rows
from pipelines.actions.scene import Scene
from pipelines.actions.statements import Restraint
from pipelines.config_act import ActSettings
from pipelines.warehouse import experiments as ledger
from pipelines.warehouse.actions import add_actions, committed, create

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Decision:
    """What was decided.

    Parameters
    ----------
    alerts, untold
        Number of new alerts, and of those that were not worth telling within ``act.alerts_a_week``.
    firing
        Rule to the share of customers for whom it fires.
    actions
        The new actions, as in the table.
    choice
        The choice with its bound; none where nobody has a value.
    """

    alerts: int
    untold: int
    firing: Mapping[str, float]
    actions: pd.DataFrame
    choice: Choice | None


@dataclass(frozen=True)
class Circumstances:
    """What a decision depends on beside the customers.

    Parameters
    ----------
    instant
        When; what happened later plays no part.
    settings
        The section ``act``.
    accepted
        Schema of the accepted tables.
    company
        Title of the project by language, for messages.
    tables
        Accepted tables that there are.
    plans
        Experiments on customers, as `pipelines.actions.arms.every_plan` gives them.
    lifts
        Rule to how many times as often its customers left as all, by the past; those not named count 1.
    """

    instant: datetime
    settings: ActSettings
    accepted: str
    company: Mapping[str, str]
    tables: Sequence[str] = field(default=("customers",))
    plans: Plans = field(default_factory=dict)
    lifts: Mapping[str, float] = field(default_factory=dict)

    @property
    def days(self) -> list[date]:
        """Days that actions are planned for."""
        asked = self.settings
        return working_days(self.instant.date(), asked.plan_days, asked.quiet_weekdays, asked.quiet_dates)

    @property
    def restraint(self) -> Restraint:
        """When customers are left alone."""
        asked, first = self.settings, self.instant.date()
        kinds = tuple(asked.contact_kinds) if "interactions" in self.tables else ()
        last = first + timedelta(days=asked.plan_days - 1)
        return Restraint(self.instant, first, last, asked.most_contacts, asked.contact_days, kinds)


def decide(
    connection: Any,
    scenes: Sequence[Scene],
    playbooks: Mapping[str, Playbook],
    around: Circumstances,
) -> Decision:
    """Decide and write, inside the transaction of the connection; the same again adds nothing.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse.
    scenes
        Everyone, with the rules asked.
    playbooks
        The playbooks that are switched on.
    around
        What else it depends on.
    """
    create(connection)
    ledger.create(connection)
    untold = choose_alerts(connection, scenes, playbooks.values(), around)
    load_refusals(connection, around.settings.no_contact)
    chosen = list(playbooks.values())
    limits = chosen, around.plans, around.restraint, around.accepted
    everyone = _together([candidates(connection, scene, *limits) for scene in scenes])
    planned = _planned(connection, everyone, chosen, around)
    arms = _arms(connection, everyone, planned, chosen, around)
    actions = action_rows(connection, scenes, everyone.customer_id, planned, chosen, arms, around)
    add_actions(connection, actions)
    return Decision(raise_alerts(connection), untold, firing_shares(connection, scenes), actions, planned.first)


def _together(found: Sequence[Candidates]) -> Candidates:
    if len(found) == 1:
        return found[0]
    return Candidates(
        *(np.concatenate([getattr(each, name) for each in found]) for name in Candidates.__dataclass_fields__)
    )


def _planned(connection: Any, everyone: Candidates, playbooks: Sequence[Playbook], around: Circumstances) -> Plan:
    settings = around.settings
    diary = Diary(around.days, settings.owners_a_day, settings.channels_a_day)
    budget = settings.budget
    restraint = around.restraint
    for owner, channel, day, count, cost in committed(connection, around.instant, restraint.first, restraint.last):
        diary.take(owner, channel, day, count)
        budget = None if budget is None else max(budget - cost, 0.0)
    return plan(everyone.gain, playbooks, diary, budget)


def _arms(
    connection: Any, everyone: Candidates, planned: Plan, playbooks: Sequence[Playbook], around: Circumstances
) -> np.ndarray:
    """Give each action the arm of its customer in the experiment that the playbook is under."""
    import pandas as pd

    arms = np.full(planned.customer.size, TREATED, dtype=object)
    for place, each in enumerate(playbooks):
        own = np.flatnonzero(planned.playbook == place)
        plans, who = on_playbook(around.plans, each.name), planned.customer[own]
        if not plans or not own.size:
            continue
        columns = ("customer_id", "band", "probability", "value")
        people = pd.DataFrame({name: getattr(everyone, name)[who] for name in columns})
        dealt = arms_of(connection, plans, people.assign(as_of=around.instant))
        arms[own] = [dealt.get(name, TREATED) for name in people["customer_id"]]
    return arms
