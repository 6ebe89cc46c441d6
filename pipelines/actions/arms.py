"""The experiments that playbooks are under: planned ones, and the one that each playbook keeps of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.actions.experiments import arms_in, deal
from pipelines.actions.playbook import Playbook
from pipelines.actions.statements import LOST
from pipelines.config_experiments import ExperimentPlan
from pipelines.errors import ConfigError
from pipelines.ingest.nearest import nearest

if TYPE_CHECKING:
    import pandas as pd

Plans = Mapping[str, ExperimentPlan]


def every_plan(
    planned: Plans, playbooks: Mapping[str, Playbook], bands: Iterable[str], control_share: float, window_days: int
) -> dict[str, ExperimentPlan]:
    """Give the planned experiments and, after them, the one of each playbook, which bears the playbook's name.

    Parameters
    ----------
    planned
        ``experiments.plans``.
    playbooks
        Every playbook by name.
    bands
        Bands of scores.
    control_share
        ``act.control_share``; with 0 there are only the planned ones.
    window_days
        Days after which the outcome of a customer of a playbook's own experiment is looked at.

    Raises
    ------
    ConfigError
        If a plan is for a playbook that there is not, or bears the name of one.
    """
    for name, plan in planned.items():
        if plan.playbook not in playbooks:
            raise ConfigError(
                f"experiments.plans.{name}.playbook names '{plan.playbook}', which is no playbook",
                allowed=nearest(plan.playbook, playbooks),
                do="name a playbook of conf/playbooks or act.playbook_folders",
            )
        if name in playbooks:
            raise ConfigError(
                f"experiments.plans.{name} bears the name of a playbook, as the playbook's own experiment does",
                do="give the plan another name",
            )
    if not control_share:
        return dict(planned)
    everywhere = list(bands)
    return dict(planned) | {
        name: _standing(playbook, everywhere, control_share, window_days) for name, playbook in playbooks.items()
    }


def _standing(playbook: Playbook, bands: list[str], control_share: float, window_days: int) -> ExperimentPlan:
    said = playbook.definition
    return ExperimentPlan(
        playbook=playbook.name,
        title={"en": said.title.en, "zh": said.title.zh},
        bands=[LOST] if said.audience == "lost" else bands,
        control_share=control_share,
        window_days=window_days,
        starts_on=date.min,
    )


def on_playbook(plans: Plans, playbook: str) -> dict[str, ExperimentPlan]:
    """Give the experiments that a playbook is under, in the order in which they take newcomers in."""
    return {name: plan for name, plan in plans.items() if plan.playbook == playbook}


def arms_of(connection: Any, plans: Plans, chosen: pd.DataFrame) -> dict[str, str]:
    """Give customers chosen for a playbook their arm: the one they have, else one of the first plan that takes them in.

    Parameters
    ----------
    connection
        The warehouse, in the transaction of the decision.
    plans
        What `on_playbook` gives.
    chosen
        As `pipelines.actions.experiments.deal` takes.

    Returns
    -------
    dict
        Customer to arm, of everyone in the ledger of the plans; who takes part in none is not in it.
    """
    arms = arms_in(connection, plans)
    chosen = chosen[~chosen["customer_id"].isin(arms)]
    for name, plan in plans.items():
        if chosen.empty:
            break
        dealt = deal(connection, name, plan, chosen)
        arms |= dict(zip(dealt["customer_id"], dealt["arm"], strict=True))
        chosen = chosen[~chosen["customer_id"].isin(dealt["customer_id"])]
    return arms
