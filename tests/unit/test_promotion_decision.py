"""Who becomes champion: gates, the rule of one line, and the champion before, by the loss that the project chose."""

import json
from datetime import datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evaluation.model.profit import Terms
from pipelines.config_promote import PromoteSettings
from pipelines.promotion.comparison import ByProfit, comparer
from pipelines.promotion.decision import TAKEN_BACK, Case, decide
from pipelines.promotion.record import entry, keep

CUTOFF = "2026-03-01T00:00:00"
PASSED = {"code": "CHN004", "title": "Calibrated", "status": "passed", "severity": "block", "found": "Yes.", "do": "-"}
FAILED = {**PASSED, "code": "CHN001", "status": "failed", "found": "Too good to be true."}


@pytest.fixture(scope="module")
def slice_():
    """Later customers, their true risk, and worse opinions of it."""
    random = np.random.default_rng(3)
    risk = random.beta(1, 5, 3000)
    label = (random.random(3000) < risk).astype(int)
    noise = random.normal(size=3000)
    blurred = {share: 1 / (1 + np.exp(-(np.log(risk / (1 - risk)) + share * noise))) for share in (0.3, 1.0)}
    return pd.DataFrame(
        {
            "customer_id": [f"C{number}" for number in range(3000)],
            "churned": label,
            "true": risk,
            "good": blurred[0.3],
            "poor": blurred[1.0],
            "recency_rule": np.full(3000, label.mean()),
        }
    )


def case_of(slice_, best, *, gates=(PASSED,), severity="block", **settings):
    chosen = PromoteSettings(**{"loss": "log_loss", "margin": 0.0, "level": 0.95, "replicates": 200, **settings})
    material = SimpleNamespace(
        best=best,
        rule="recency_rule",
        scores=lambda family: slice_[family].to_numpy(),
        label=slice_["churned"].to_numpy(),
        customer=np.arange(len(slice_)),
        calendar={"flat": False, "test_cutoff": CUTOFF},
        test=slice_,
        capacity=300,
        signals={},
    )
    project = SimpleNamespace(evaluate=SimpleNamespace(gates={"CHN003": {"severity": severity}}))
    return Case(project, chosen, SimpleNamespace(), material, None, list(gates))


def champion_who_says(monkeypatch, slice_, column, **tags):
    """A champion whose opinion of the test rows is a column."""
    monkeypatch.setattr("pipelines.promotion.decision._probability", lambda case, model: slice_[column].to_numpy())
    monkeypatch.setattr("pipelines.registry.logged_folder", lambda tracking, version: None)
    monkeypatch.setattr("pipelines.registry.model_folder", lambda logged, version: None)
    monkeypatch.setattr("pipelines.exporting.learnt.read_learnt", lambda folder: None)
    return SimpleNamespace(version="1", tags={"cutoff": "2026-02-01T00:00:00", **tags})


def expected_log_loss(slice_, column):
    chance = slice_[column]
    return -np.mean(np.where(slice_["churned"] == 1, np.log(chance), np.log(1 - chance)))


def test_the_first_model_that_beats_the_rule_is_champion(slice_):
    decision = decide(case_of(slice_, "good"), None, None)
    assert (decision.standing, decision.reason) == ("champion", "the first champion")
    gain = expected_log_loss(slice_, "recency_rule") - expected_log_loss(slice_, "good")
    assert decision.over_rule.estimate == pytest.approx(gain)


def test_a_failed_gate_blocks_whatever_the_numbers_say(slice_):
    decision = decide(case_of(slice_, "true", gates=[PASSED, FAILED]), None, None)
    assert (decision.standing, decision.reason) == ("blocked", "CHN001: Too good to be true")
    assert decide(case_of(slice_, "true", gates=[{**FAILED, "severity": "warn"}]), None, None).promote


@pytest.mark.parametrize(("severity", "standing"), [("block", "blocked"), ("warn", "champion")])
def test_a_model_worse_than_the_rule_is_no_first_champion_unless_the_project_only_warns(slice_, severity, standing):
    worse = slice_.assign(poor=np.where(slice_["churned"] == 1, 0.05, 0.4))
    assert decide(case_of(worse, "poor", severity=severity), None, None).standing == standing


def test_a_model_worse_than_the_rule_leaves_the_champion_in_place(slice_, monkeypatch):
    worse = slice_.assign(poor=np.where(slice_["churned"] == 1, 0.05, 0.4))
    decision = decide(case_of(worse, "poor"), None, champion_who_says(monkeypatch, worse, "good"))
    assert decision.standing == "challenger"
    assert decision.reason.startswith("it does not beat the recency rule")


@pytest.mark.parametrize("loss", ["log_loss", "brier"])
def test_the_better_model_wins_and_the_worse_one_does_not(slice_, monkeypatch, loss):
    poor = champion_who_says(monkeypatch, slice_, "poor")
    won = decide(case_of(slice_, "good", loss=loss), None, poor)
    assert won.standing == "champion"
    assert 0 < won.advantage.low <= won.advantage.estimate <= won.advantage.high
    good = champion_who_says(monkeypatch, slice_, "good")
    lost = decide(case_of(slice_, "poor", loss=loss), None, good)
    assert lost.standing == "challenger"
    assert lost.advantage.estimate == pytest.approx(-won.advantage.estimate)


def test_the_brier_score_decides_by_squared_errors(slice_, monkeypatch):
    decision = decide(case_of(slice_, "good", loss="brier"), None, champion_who_says(monkeypatch, slice_, "poor"))
    squared = [np.mean((slice_[column] - slice_["churned"]) ** 2) for column in ("poor", "good")]
    assert decision.advantage.estimate == pytest.approx(squared[0] - squared[1])


def test_an_equal_model_needs_a_margin(slice_, monkeypatch):
    champion = champion_who_says(monkeypatch, slice_, "good")
    assert decide(case_of(slice_, "good"), None, champion).standing == "challenger"
    assert decide(case_of(slice_, "good", margin=0.001), None, champion).standing == "champion"


def test_a_slightly_worse_model_passes_only_within_the_margin(slice_, monkeypatch):
    champion = champion_who_says(monkeypatch, slice_, "true")
    low = decide(case_of(slice_, "good"), None, champion).advantage.low
    assert low < 0
    assert not decide(case_of(slice_, "good", margin=-low * 0.99), None, champion).promote
    assert decide(case_of(slice_, "good", margin=-low * 1.01), None, champion).promote


def test_profit_counts_what_contacting_whom_earns(slice_):
    terms = Terms(contact_cost=1, offer_cost=10, acceptance_share=0.3)
    case = case_of(slice_, "good", loss="profit")
    found = ByProfit(case.material, case.settings, np.full(3000, 200.0), terms)(
        slice_["true"].to_numpy(), slice_["poor"].to_numpy()
    )

    def earned(column):
        worth = slice_[column] * (0.3 * 190 - 1) + (1 - slice_[column]) * -11
        contacted = worth.sort_values(ascending=False, kind="stable").iloc[:300]
        left = slice_.loc[contacted[contacted > 0].index, "churned"]
        return np.where(left == 1, 56.0, -11.0).sum()

    assert found.estimate == pytest.approx((earned("true") - earned("poor")) / 3000)
    assert found.low < found.estimate < found.high


def test_profit_needs_to_know_what_a_customer_is_worth(slice_, monkeypatch):
    from pipelines.errors import ConfigError

    monkeypatch.setattr("pipelines.judging.value.values", lambda material: None)
    case = case_of(slice_, "good", loss="profit")
    with pytest.raises(ConfigError, match=r"evaluate\.value"):
        comparer(case.material, case.settings)


def test_a_champion_that_has_seen_the_test_rows_stays(slice_, monkeypatch):
    champion = champion_who_says(monkeypatch, slice_, "poor", cutoff="2026-03-31T00:00:00")
    decision = decide(case_of(slice_, "good"), None, champion)
    assert (decision.standing, decision.advantage) == ("challenger", None)
    assert "has learnt from these test rows" in decision.reason


def test_what_a_person_took_back_is_not_promoted_again(slice_, monkeypatch):
    version = SimpleNamespace(version="2", tags={TAKEN_BACK: "2026-03-02 by eve: wrong prices"})
    decision = decide(case_of(slice_, "good"), version, champion_who_says(monkeypatch, slice_, "poor"))
    assert decision.standing == "challenger"
    assert "wrong prices" in decision.reason


def test_a_rerun_leaves_the_champion_it_made(slice_, monkeypatch):
    champion = champion_who_says(monkeypatch, slice_, "poor", **{"decision.reason": "the first champion"})
    decision = decide(case_of(slice_, "good"), SimpleNamespace(version="1", tags={}), champion)
    assert (decision.standing, decision.reason) == ("champion", "the first champion")


def test_a_champion_of_another_outcome_or_of_other_signals_gives_way(slice_, monkeypatch):
    champion = champion_who_says(monkeypatch, slice_, "true")
    label = {"churn": [{"kind": "contractual", "grace_days": 0}], "horizon_days": 60, "gap_days": 0}
    case = case_of(slice_, "good")
    case.project.model_dump = lambda **options: {"label": label}
    learnt = {"flat": False, "label": label, "kinds": {}, "definitions": {}}
    for changed, word in (
        ({"label": {**label, "horizon_days": 30}}, "another outcome"),
        ({"definitions": {"usage__logins__7d": "0"}}, "usage__logins__7d"),
    ):
        monkeypatch.setattr(
            "pipelines.exporting.learnt.read_learnt", lambda folder, changed=changed: {**learnt, **changed}
        )
        decision = decide(case, None, champion)
        assert decision.promote
        assert word in decision.reason


def test_a_champion_whose_files_are_gone_gives_way(slice_, monkeypatch):
    from pipelines.errors import DataError

    def gone(tracking, version):
        raise DataError("The files are gone")

    champion = champion_who_says(monkeypatch, slice_, "true")
    monkeypatch.setattr("pipelines.registry.logged_folder", gone)
    decision = decide(case_of(slice_, "good"), None, champion)
    assert decision.promote
    assert "The files are gone" in decision.reason


def test_the_record_holds_every_number_and_the_newest_decision_first(slice_, monkeypatch, tmp_path):
    decision = decide(case_of(slice_, "good"), None, champion_who_says(monkeypatch, slice_, "poor")).record()
    json.dumps(decision)
    first = entry("**Champion** x.", datetime(2026, 3, 1), "by comparison", decision, [PASSED, FAILED])
    for name in ("difference", "low", "high", "rule_difference", "rule_low", "rule_high"):
        assert f"{decision[name]:+.4f}" in first
    assert "CHN001 Calibrated: **failed**, Too good to be true." in first
    keep(tmp_path, first)
    kept = keep(tmp_path, entry("**Back** y.", datetime(2026, 3, 2), "by eve", {}, [])).read_text()
    assert kept.count("# Who was champion") == 1
    assert kept.index("by eve") < kept.index("by comparison")
    assert [file.name for file in tmp_path.iterdir()] == ["promotions.md"]
