"""The demo company's truth: each cause gives the sign that it promises, and the true risk is true."""

from datetime import date, datetime, timedelta

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pipelines.demo import simulate, true_risk
from pipelines.demo.responses import SHARES
from training.labels.contractual import Contractual
from training.labels.outcome import Window

ENDS_ON = date(2026, 8, 20)
CUSTOMERS, MONTHS = 4000, 16
HORIZON_DAYS = 60
CUTOFFS = [ENDS_ON - timedelta(days=HORIZON_DAYS * number) for number in range(1, 7)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    simulate(folder, folder / "truth", customers=CUSTOMERS, months=MONTHS, seed=11, ends_on=ENDS_ON)
    return folder


@pytest.fixture(scope="module")
def risk(folder):
    return true_risk(folder / "truth", CUTOFFS, HORIZON_DAYS)


@pytest.fixture(scope="module")
def truth(folder):
    return pd.read_parquet(folder / "truth" / "truth.parquet").set_index("customer_id")


@pytest.fixture(scope="module")
def watched(folder):
    """Measure everyone before a day: a leaver's last one, any day of a stayer."""
    connection = duckdb.connect()
    for name in ("customers", "contracts", "payments", "usage_events", "tickets", "interactions", "feedback"):
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
    # Everybody must have been there for 180 days, so that there is a habit to compare with.
    connection.execute(
        f"""CREATE TABLE person AS
        SELECT customer_id, true_cause, signed_up_at,
        coalesce(churned_at, DATE '{ENDS_ON}' - to_days((hash(customer_id) % 300)::INT)) AS day
        FROM '{folder}/truth/truth.parquet' JOIN customers USING (customer_id)
        WHERE signed_up_at < day - INTERVAL 180 DAY AND day > DATE '{ENDS_ON}' - INTERVAL {MONTHS - 6} MONTH"""
    )

    def mean_by_cause(value, table, where="TRUE"):
        rows = connection.execute(
            f"""SELECT true_cause, avg(v) FROM (SELECT true_cause, ({value})::DOUBLE AS v FROM person
            LEFT JOIN {table} AS t ON t.customer_id = person.customer_id AND {where}
            GROUP BY person.customer_id, true_cause, day) GROUP BY true_cause"""
        )
        return dict(rows.fetchall())

    yield mean_by_cause
    connection.close()


RECENT = "t.{0} < day AND t.{0} >= day - INTERVAL 42 DAY"


def test_usage_decays_before_those_leave_whom_it_drives(watched):
    recent, usual = "t.happened_at >= day - INTERVAL 42 DAY", "t.happened_at < day - INTERVAL 120 DAY"
    ratio = watched(
        f"(count(*) FILTER (WHERE {recent}) / 42.0) / nullif(count(*) FILTER (WHERE {usual}) / 60.0, 0)",
        "usage_events",
        "t.happened_at < day AND t.happened_at >= day - INTERVAL 180 DAY",
    )
    assert ratio["usage_decay"] < 0.6 * ratio["none"]
    assert ratio["quiet"] > 0.85 * ratio["none"]


def test_tickets_stay_unresolved_before_those_leave_whom_they_drive(watched):
    open_tickets = watched(
        "count(t.ticket_id)", "tickets", "t.opened_at < day AND (t.resolved_at IS NULL OR t.resolved_at >= day)"
    )
    assert open_tickets["unresolved_tickets"] > 10 * open_tickets["none"]
    assert open_tickets["unresolved_tickets"] > 1.5
    assert open_tickets["quiet"] < 2 * open_tickets["none"]


def test_payments_fail_before_those_leave_who_do_not_pay(watched):
    failed = watched("count(t.payment_id)", "payments", "t.failed_at < day AND t.failed_at >= day - INTERVAL 100 DAY")
    assert failed["failed_payments"] > 10 * failed["none"]
    assert failed["quiet"] < 3 * failed["none"]


def test_prices_rise_before_those_leave_whom_the_price_drives(watched):
    steep = watched(
        "coalesce(max(t.renewal_price / t.monthly_price), 1) - 1",
        "contracts",
        "t.renewal_offered_at < day AND t.ends_at >= day",
    )
    assert steep["price_gap"] > 0.12
    assert max(share for cause, share in steep.items() if cause != "price_gap") < 0.05


def test_contact_ceases_before_those_leave_whom_nobody_calls(watched):
    silence = watched(
        "epoch(day - max(t.happened_at)) / 86400", "interactions", "t.is_proactive AND t.happened_at < day"
    )
    assert silence["no_contact"] > 3 * silence["none"]
    assert silence["no_contact"] > 75
    assert silence["quiet"] < 1.5 * silence["none"]


def test_a_competitor_is_named_before_those_leave_whom_it_wins(watched):
    named = watched(
        "count(t.interaction_id)", "interactions", "t.mentions_competitor AND " + RECENT.format("happened_at")
    )
    assert named["competitor"] > 1.5
    assert named["none"] < 0.2
    assert named["quiet"] < 0.2


def test_many_show_a_sign_and_stay(folder, truth):
    levels = pd.read_parquet(folder / "truth" / "hazard.parquet", columns=["customer_id", "level_usage_decay"])
    ever_severe = levels[levels["level_usage_decay"] == 2]["customer_id"].unique()
    left = truth.loc[ever_severe, "true_cause"] == "usage_decay"
    assert len(ever_severe) > 200
    assert 0.15 < left.mean() < 0.6


def test_satisfied_scores_are_no_proof(watched):
    satisfied = "avg((t.score > 8)::INT)"
    happy = watched(
        satisfied, "feedback", "t.kind = 'nps' AND t.given_at < day AND t.given_at >= day - INTERVAL 91 DAY"
    )
    leavers = [share for cause, share in happy.items() if cause != "none" and share is not None]
    assert 0.33 < np.mean(leavers) < 0.57
    assert happy["unresolved_tickets"] < happy["none"]


def test_every_cause_takes_its_share(truth):
    leavers = truth[truth["churned_at"].notna()]
    shares = leavers["true_cause"].value_counts(normalize=True)
    assert len(shares) == 7
    assert shares.min() > 0.05
    assert shares.max() < 0.35
    assert (truth.loc[truth["churned_at"].isna(), "true_cause"] == "none").all()


def test_treatment_responses_have_their_shares(truth):
    shares = truth["treatment_response"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx(SHARES, abs=0.04)


def test_the_planted_segment_leaves_more_often(folder, risk):
    customers = pd.read_parquet(folder / "customers.parquet")
    planted = customers[(customers["industry"] == "education") & customers["company_size"].isin(["micro", "small"])]
    inside = risk["customer_id"].isin(planted["customer_id"])
    assert inside.sum() > 500
    assert risk.loc[inside, "probability"].mean() > 1.5 * risk.loc[~inside, "probability"].mean()


def test_the_yearly_churn_rate_is_that_of_a_common_company(risk):
    kept = (1 - risk["churned"].mean()) ** (365 / HORIZON_DAYS)
    assert 0.15 < 1 - kept < 0.25
    assert 0.025 < risk["churned"].mean() < 0.05


def test_the_true_risk_counts_as_many_leavers_as_there_are(risk):
    """The number of leavers is a sum of independent draws: within three standard deviations in each band."""
    for _, band in risk.groupby(pd.qcut(risk["probability"], [0, 0.5, 0.8, 0.95, 1])):
        spread = np.sqrt((band["probability"] * (1 - band["probability"])).sum())
        assert abs(band["churned"].sum() - band["probability"].sum()) < 3 * spread


def test_the_true_risk_ranks_well_but_not_perfectly(risk):
    assert 0.82 < roc_auc_score(risk["churned"], risk["probability"]) < 0.90


@pytest.mark.parametrize("horizon_days", [5, 30, 180])
def test_the_true_risk_holds_for_other_horizons(folder, horizon_days):
    found = true_risk(folder / "truth", [ENDS_ON - timedelta(days=200)], horizon_days)
    spread = np.sqrt((found["probability"] * (1 - found["probability"])).sum())
    assert abs(found["churned"].sum() - found["probability"].sum()) < 3 * spread


def test_the_label_of_the_contracts_is_the_truth(folder, risk):
    """Trials are no customers yet for the label; everything else agrees, day by day."""
    tables = {"contracts": ibis.duckdb.connect().read_parquet(folder / "contracts.parquet")}
    outcome, cutoff = Contractual(grace_days=0), datetime.combine(CUTOFFS[0], datetime.min.time())
    window = Window(HORIZON_DAYS, 0, datetime.combine(ENDS_ON, datetime.min.time()))
    alive = set(outcome.alive(tables, cutoff).execute()["customer_id"])
    left = set(outcome.left(tables, cutoff, window).execute()["customer_id"])
    now = risk[risk["cutoff"] == pd.Timestamp(CUTOFFS[0])].set_index("customer_id")
    both = now.loc[now.index.isin(alive)]
    assert len(both) > 0.95 * len(now)
    assert len(alive - set(now.index)) < 0.002 * len(alive)
    disagree = both["churned"] != both.index.isin(left)
    assert disagree.sum() == 0
