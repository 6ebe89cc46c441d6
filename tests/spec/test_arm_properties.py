"""Whatever is decided, assigned, broken off or repeated: one arm a customer and playbook, and controls get nothing."""

from datetime import date, timedelta

import pytest
from acting_companies import MONDAY, SETTINGS, Company, read_books
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.actions.experiments import assign_customers, eligible
from pipelines.config_experiments import ExperimentPlan

PLAN = ExperimentPlan(
    playbook="ring",
    title={"en": "Ring", "zh": "致电"},
    bands=["high"],
    control_share=0.5,
    starts_on=date(2026, 6, 2),
    size=100,
)
STEPS = st.lists(
    st.sampled_from(["decide", "again", "crash", "assign", "next day", "other scores"]), min_size=4, max_size=9
)


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    return read_books(tmp_path_factory.mktemp("playbooks"))


class Played:
    """A company to which things happen in some order; checks after each that what was told before still holds."""

    def __init__(self, books, share):
        generous = SETTINGS.model_copy(update={"control_share": share, "most_contacts": 9, "budget": None})
        self.company = Company(books, generous, {"spring": PLAN})
        self.instant, self.seed = MONDAY, 0
        self.company.morning(MONDAY)
        self.arms, self.actions = {}, {}

    def do(self, step):
        {
            "decide": lambda: self.company.decide(self.instant),
            "again": lambda: [self.company.decide(self.instant) for _ in range(2)],
            "crash": self.crash,
            "assign": self.assign,
            "next day": self.next_day,
            "other scores": self.other_scores,
        }[step]()
        self.check()

    def crash(self):
        self.company.connection.begin()
        self.company.decide(self.instant)
        self.company.connection.rollback()

    def assign(self):
        connection = self.company.connection
        connection.execute(
            "CREATE OR REPLACE VIEW scores.churn_scores_current AS FROM scores.churn_scores WHERE as_of = "
            "(SELECT max(as_of) FROM scores.churn_scores)"
        )
        assign_customers(connection, "spring", PLAN, eligible(connection, "spring", PLAN, 0.0, ["ring"]))

    def next_day(self):
        self.instant += timedelta(days=1)
        self.company.morning(self.instant, self.seed)

    def other_scores(self):
        self.seed += 1
        self.company.morning(self.instant, self.seed)

    def check(self):
        if not self.company.connection.execute("FROM duckdb_tables() WHERE schema_name = 'actions'").fetchall():
            return
        playbook = {"spring": "ring"}
        told = {}
        for row in self.company.table("experiment_assignments").itertuples():
            key = row.customer_id, playbook.get(row.experiment, row.experiment)
            assert key not in told, "a customer is in one experiment of a playbook"
            told[key] = row.arm
        assert told.items() >= self.arms.items(), "an arm changed or was forgotten"
        self.arms = told
        if not self.company.connection.execute(
            "FROM duckdb_tables() WHERE schema_name = 'actions' AND table_name = 'planned_actions'"
        ).fetchall():
            return
        actions = self.company.table("planned_actions")
        assert actions["action_id"].is_unique
        for row in actions.itertuples():
            arm = told.get((row.customer_id, row.playbook), "treated")
            assert row.arm == arm, "an action tells another arm than the ledger"
            assert row.state == ("held_back" if arm == "control" else "planned")
        now = {row.action_id: row.message_en for row in actions.itertuples()}
        assert now.items() >= self.actions.items(), "what was decided changed"
        self.actions = now


@given(STEPS, st.sampled_from([0.0, 0.3]))
@example(["decide", "next day", "assign"], 0.0)
@settings(max_examples=4, deadline=None)
def test_one_arm_for_ever_and_nothing_for_controls(books, steps, share):
    played = Played(books, share)
    for step in steps:
        played.do(step)


def test_every_kind_of_arm_occurs(books):
    """The property above is about something: planned and standing arms, treated and held back."""
    played = Played(books, 0.3)
    for step in ("decide", "next day", "assign", "decide", "next day", "decide", "next day", "other scores", "decide"):
        played.do(step)
    kinds = played.company.table("experiment_assignments").groupby(["experiment", "arm"]).size()
    assert set(kinds.index) >= {(name, arm) for name in ("spring", "ring", "write") for arm in ("control", "treated")}
    reached = {
        row.customer_id for row in played.company.table("planned_actions").itertuples() if row.playbook == "ring"
    }
    planned = played.company.table("experiment_assignments").query("experiment == 'spring'").set_index("customer_id")
    assert set(planned.index[planned["arm"] == "treated"]) & reached, "who is treated in the plan is acted on"
