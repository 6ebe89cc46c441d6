"""A small company for which actions are decided: its signals and scores are drawn anew for each instant."""

from __future__ import annotations

from datetime import datetime

import duckdb
import numpy as np
import pandas as pd

from features.signal import columns_of, discover
from pipelines.actions.arms import every_plan
from pipelines.actions.decide import Circumstances, decide
from pipelines.actions.playbook import load_playbooks
from pipelines.actions.rulebook import load_rules
from pipelines.actions.scene import set_scene
from pipelines.config_act import ActSettings
from pipelines.warehouse.duckdb_file import backend
from pipelines.warehouse.writing import create

KNOWN = columns_of(discover([]).values())
MONDAY = datetime(2026, 6, 1)
CUSTOMERS = 60
TIERS = {"platinum": 0.1, "gold": 0.3}
PLAYBOOKS = """
ring:
  title: {en: Ring, zh: 致电}
  who: {bands: [high, medium]}
  action: call
  channel: phone
  cost: 5
  effect: 0.2
  owner: sales
  due_days: 2
  again_after_days: 10
  message: {en: "Ring {{ customer }} by {{ due }}. {{ alert }}", zh: "请致电{{ customer }}。{{ alert }}"}
write:
  title: {en: Write, zh: 邮件}
  who: {rules: [many_tickets]}
  action: message
  channel: email
  cost: 1
  effect: 0.05
  owner: marketing
  due_days: 1
  again_after_days: 10
  message: {en: "Dear {{ customer }}", zh: "尊敬的{{ customer }}"}
solve:
  title: {en: Solve, zh: 处理工单}
  who: {rules: [many_tickets], when: tickets__tickets__30d >= 4}
  action: ticket_first
  channel: internal
  cost: 1
  effect: 0.04
  owner: support
  due_days: 1
  again_after_days: 3
  message: {en: "Solve the tickets of {{ customer }}", zh: "请处理{{ customer }}的工单"}
"""
SETTINGS = ActSettings(
    enabled=True,
    rule_folders=[],
    playbook_folders=[],
    tiers=TIERS,
    vip_tiers=["platinum"],
    alerts_a_week=None,
    noisy_share=0.3,
    plan_days=5,
    budget=60.0,
    owners_a_day={"sales": 3, "marketing": 4, "support": 2},
    channels_a_day={"phone": 2},
    most_contacts=2,
    contact_days=14,
    contact_kinds=["offer"],
    quiet_weekdays=["saturday", "sunday"],
    quiet_dates=[],
    no_contact=None,
    control_share=0.3,
)


def read_books(folder):
    """Give the rule and the playbooks of the company, whose files go into a folder."""
    (folder / "own.yaml").write_text(PLAYBOOKS, encoding="utf-8")
    rules = load_rules(KNOWN)
    playbooks = load_playbooks(KNOWN, rules, ["high", "medium", "low"], [*TIERS, "standard"], [folder])
    return {"many_tickets": rules["many_tickets"]}, {name: playbooks[name] for name in ("ring", "write", "solve")}


class Company:
    """A warehouse in memory whose signals and scores are drawn anew for each instant."""

    def __init__(self, books, settings=SETTINGS, planned=None):
        self.rules, self.playbooks = books
        self.planned, self.lifts = planned or {}, {}
        self.settings = settings
        self.connection = duckdb.connect()
        create(self.connection)
        self.names = [f"C{number:03d}" for number in range(CUSTOMERS)]
        people = pd.DataFrame({"customer_id": self.names, "name": [f"Firm {name}" for name in self.names]})
        self.connection.execute("CREATE SCHEMA accepted")
        self.connection.register("people", people)
        self.connection.execute("CREATE TABLE accepted.customers AS FROM people")
        self.connection.execute(
            "CREATE TABLE accepted.interactions (customer_id VARCHAR, kind VARCHAR, happened_at TIMESTAMP, "
            "known_at TIMESTAMP)"
        )

    def morning(self, instant, seed=0):
        """Signals, scores and values of everyone at an instant."""
        drawn = np.random.default_rng([seed, instant.toordinal()])
        probability = drawn.beta(2, 5, CUSTOMERS)
        self.connection.register(
            "drawn",
            pd.DataFrame(
                {
                    "customer_id": self.names,
                    "as_of": instant,
                    "model_version": "1",
                    "horizon_days": 60,
                    "probability": probability,
                    "band": np.where(probability > 0.4, "high", np.where(probability > 0.2, "medium", "low")),
                    "value": drawn.lognormal(6, 1, CUSTOMERS),
                    "tickets__tickets__30d": drawn.poisson(2.5, CUSTOMERS).astype(float),
                }
            ),
        )
        self.connection.execute("DELETE FROM scores.churn_scores WHERE as_of = ?", [instant])
        self.connection.execute(
            "INSERT INTO scores.churn_scores BY NAME SELECT * EXCLUDE (tickets__tickets__30d) FROM drawn"
        )
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE signals AS SELECT customer_id, tickets__tickets__30d FROM drawn"
        )
        return self

    def decide(self, instant, hold_out_share=0.0):
        ibis_backend = backend(self.connection)
        scene = set_scene(
            ibis_backend, self.connection, "signals", "customers", self.rules, TIERS, (instant, "1"), hold_out_share
        )
        plans = every_plan(self.planned, self.playbooks, ["high", "medium", "low"], self.settings.control_share, 60)
        words, tables = {"en": "Co", "zh": "公司"}, ["customers", "interactions"]
        around = Circumstances(instant, self.settings, "accepted", words, tables, plans, self.lifts)
        return decide(self.connection, [scene], self.playbooks, around)

    def table(self, name):
        return self.connection.execute(f"FROM actions.{name} ORDER BY ALL").df()
