"""What a project does about scores, as it is written down: rules, playbooks and experiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from features.signal import SignalColumn
from pipelines.actions.arms import every_plan
from pipelines.actions.playbook import Playbook, load_playbooks
from pipelines.actions.rule import Rule
from pipelines.actions.rulebook import load_rules
from pipelines.actions.statements import STANDARD
from pipelines.config import Project
from pipelines.config_experiments import ExperimentPlan
from pipelines.errors import ConfigError
from pipelines.ingest.nearest import nearest
from pipelines.panel import project_signals


@dataclass(frozen=True)
class ActBooks:
    """Everything that was read and checked, by name.

    Parameters
    ----------
    known
        The signals that there are.
    rules, playbooks
        All of them, those that are switched off too.
    plans
        Planned experiments and the one of each playbook.
    """

    known: Mapping[str, SignalColumn]
    rules: Mapping[str, Rule]
    playbooks: Mapping[str, Playbook]
    plans: Mapping[str, ExperimentPlan]

    @classmethod
    def of(cls, project: Project) -> ActBooks:
        """Read what a project does about scores.

        Raises
        ------
        ConfigError
            If a part of it is not as it should be, or VIPs are a tier that there is not.
        """
        known = dict(project_signals(project))
        rules = load_rules(known, project.act.rule_folders)
        bands, tiers = [*project.score.bands, "low"], [*project.act.tiers, STANDARD]
        for tier in project.act.vip_tiers:
            if tier not in tiers:
                raise ConfigError(f"act.vip_tiers names '{tier}'", allowed=nearest(tier, tiers), do="name a tier")
        playbooks = load_playbooks(known, rules, bands, tiers, project.act.playbook_folders)
        # A flat table has no time: nothing can be planned on it, and no outcome be waited for.
        window_days = project.label.horizon_days if project.label else 0
        control_share = project.act.control_share if project.label else 0.0
        plans = every_plan(project.experiments.plans, playbooks, bands, control_share, window_days)
        return cls(known, rules, playbooks, plans)
