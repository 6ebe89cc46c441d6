"""Each gate fires on its own flaw, planted into sound evidence, and on nothing else."""

from __future__ import annotations

import sys
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from evaluation.errors import JudgementError
from evaluation.gates import Evidence, run_gates
from evaluation.gates.run import discover_gates
from evaluation.model.drift import signal_drift

CODES = [f"CHN00{number}" for number in range(1, 10)]
CUTOFFS = np.array(["2026-01-01", "2026-02-01", "2026-03-01"], dtype="datetime64[us]")


def company(seed=0, customers=1000):
    """Sound evidence: truthful probabilities of customers seen at three cutoffs, better than the rule, no drift."""
    random = np.random.default_rng(seed)

    def noise(spread):
        return random.normal(0, spread, customer.size)

    customer = np.tile(np.arange(customers), 3)
    risk = random.normal(-1, 1.2, size=customers)[customer] + noise(0.3)
    probability = expit(risk)
    signals = pd.DataFrame(random.normal(size=(2 * customers, 3)), columns=["logins", "orders", "tickets"])
    return Evidence(
        label=(random.random(customer.size) < probability).astype(int),
        probability=probability,
        customer=customer,
        cutoff=np.repeat(CUTOFFS, customers),
        baseline_probability=risk + noise(2),
        previous_probability=np.where(np.arange(customer.size) % 5, expit(risk + noise(0.5)), np.nan),
        segments={"industry": np.array(["retail", "saas", "goods", "bank"])[customer % 4]},
        train_customer=np.arange(customers),
        train_outcome_end=np.array(["2025-12-01", "2026-01-01"], dtype="datetime64[us]"),
        single_signal_auc={"logins": 0.71, "orders": 0.6, "tickets": 0.52},
        signal_drift=signal_drift(signals[:customers], signals[customers:]),
        feature_names=["logins", "orders", "tickets"],
        split="time",
        signature_present=True,
    )


@pytest.fixture(scope="module")
def sound():
    return company()


def statuses(evidence, limits=None):
    return {finding.code: finding.status for finding in run_gates(evidence, limits)}


def finding(evidence, code, limits=None):
    return next(one for one in run_gates(evidence, limits) if one.code == code)


def in_segment(evidence, name, inside, outside):
    return np.where(evidence.segments["industry"] == name, inside, outside)


def without_customers_of(evidence):
    """Scores that say nothing at the last cutoff: shuffled among the customers."""
    last = evidence.cutoff == CUTOFFS[2]
    probability = evidence.probability.copy()
    probability[last] = np.random.default_rng(0).permutation(probability[last])
    return probability


def shuffled_within(evidence, name):
    inside = evidence.segments["industry"] == name
    probability = evidence.probability.copy()
    probability[inside] = np.random.default_rng(0).permutation(probability[inside])
    return probability


FLAWS = {
    "a signal that knows the outcome": (
        lambda e: {"single_signal_auc": {"orders": 0.6, "closed_at": 0.995}, "feature_names": ["orders", "closed_at"]},
        {"CHN001": "failed"},
    ),
    "a signal that knows the outcome upside down": (
        lambda e: {"single_signal_auc": {"orders": 0.004}},
        {"CHN001": "failed"},
    ),
    "a training window that ends a microsecond too late": (
        lambda e: {"train_outcome_end": np.array(["2026-01-01T00:00:00.000001"], dtype="datetime64[us]")},
        {"CHN002": "failed"},
    ),
    "customers on both sides of a flat split": (lambda e: {"split": "flat"}, {"CHN002": "failed"}),
    "a rule that is better": (
        lambda e: {"baseline_probability": logit(e.probability) + 3 * e.label},
        {"CHN003": "failed"},
    ),
    "the rule itself": (lambda e: {"baseline_probability": e.probability}, {"CHN003": "failed"}),
    "leavers weighted four times": (
        lambda e: {"probability": 4 * e.probability / (4 * e.probability + 1 - e.probability)},
        {"CHN004": "failed"},
    ),
    "probabilities too extreme": (lambda e: {"probability": expit(2 * logit(e.probability))}, {"CHN004": "failed"}),
    "probabilities too timid": (
        lambda e: {"probability": expit(-1 + 0.6 * (logit(e.probability) + 1))},
        {"CHN004": "failed"},
    ),
    "a last cutoff at which the scores say nothing": (
        lambda e: {"probability": without_customers_of(e), "baseline_probability": None},
        {"CHN003": "not_applicable", "CHN004": "failed", "CHN006": "warned"},
    ),
    "earlier scores in another order": (
        lambda e: {"previous_probability": np.random.default_rng(1).permutation(e.probability)},
        {"CHN006": "warned"},
    ),
    "a segment whose scores say nothing": (
        lambda e: {"probability": shuffled_within(e, "saas")},
        {"CHN004": "failed", "CHN007": "warned"},
    ),
    "a segment with half its risk": (
        lambda e: {"probability": np.where(in_segment(e, "saas", True, False), e.probability / 2.2, e.probability)},
        {"CHN007": "warned"},
    ),
    "a signal that moved": (
        lambda e: {"signal_drift": pd.DataFrame({"psi": [0.6], "psi_by_chance": [0.02]}, index=["logins"])},
        {"CHN008": "warned"},
    ),
    "no signature": (lambda e: {"signature_present": False}, {"CHN009": "failed"}),
}


def test_every_gate_is_found_by_its_name():
    assert list(discover_gates()) == CODES


NEW_GATE = """
from dataclasses import dataclass
from evaluation.gates.gate import Gate
from evaluation.gates.words import Words

@dataclass(frozen=True, kw_only=True)
class New(Gate):
    code = "{code}"
    title = why = do = Words("new", "新")

    def check(self, evidence):
        return self.failed(Words("found", "发现"))
"""


@pytest.fixture
def gate_folder(tmp_path, monkeypatch):
    """A folder that counts as part of evaluation/gates for one test."""
    import evaluation.gates

    monkeypatch.setattr(evaluation.gates, "__path__", [*evaluation.gates.__path__, str(tmp_path)])
    discover_gates.cache_clear()
    yield tmp_path
    discover_gates.cache_clear()
    for name in [name for name in sys.modules if name.startswith("evaluation.gates.CHN9")]:
        del sys.modules[name]


def test_a_new_file_is_a_new_gate(gate_folder):
    (gate_folder / "CHN901_new.py").write_text(NEW_GATE.format(code="CHN901"), encoding="utf-8")
    assert statuses(Evidence())["CHN901"] == "failed"
    assert statuses(Evidence(), {"CHN901": {"severity": "warn"}})["CHN901"] == "warned"


@pytest.mark.parametrize("text", ["", NEW_GATE.format(code="CHN555")])
def test_a_file_without_its_gate_is_refused(gate_folder, text):
    (gate_folder / "CHN902_broken.py").write_text(text, encoding="utf-8")
    with pytest.raises(JudgementError, match=r"CHN902_broken.py must hold one gate"):
        run_gates(Evidence())


def test_sound_evidence_passes_every_gate(sound):
    assert statuses(sound) == dict.fromkeys(CODES, "passed")


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_planted_flaw_is_found_and_nothing_else(sound, flaw):
    plant, expected = FLAWS[flaw]
    assert statuses(replace(sound, **plant(sound))) == dict.fromkeys(CODES, "passed") | expected


def test_no_gate_blocks_and_few_warn_over_many_sound_companies():
    found = [statuses(company(seed, customers=300)) for seed in range(30)]
    for code in CODES:
        seen = [one[code] for one in found]
        assert "failed" not in seen, code
        assert seen.count("warned") <= 4, code


def test_a_model_that_knows_the_outcome_is_too_good_to_be_true(sound):
    knows = np.clip(0.02 + 0.9 * sound.label + 0.05 * sound.probability, 0, 1)
    one = finding(replace(sound, probability=knows), "CHN001")
    assert "the strongest: logins (AUC 0.710), orders (AUC 0.600), tickets (AUC 0.520)" in one.found
    assert one.blocks
    assert "ROC AUC of the model: 1.000" in one.found


def test_a_suspect_signal_that_the_model_does_not_read_is_no_leak(sound):
    evidence = replace(sound, single_signal_auc={"closed_at": 1.0}, feature_names=["orders"])
    assert finding(evidence, "CHN001").status == "passed"


@pytest.mark.parametrize(("leavers", "status"), [(49, "failed"), (50, "passed"), (950, "passed"), (951, "failed")])
def test_fewer_than_fifty_of_either_outcome_are_too_few(leavers, status):
    label = np.repeat([1, 0], [leavers, 1000 - leavers])
    assert finding(Evidence(label=label), "CHN005").status == status


def test_a_small_advantage_over_the_rule_may_be_chance_and_warns(sound):
    label, probability = sound.label[:80], sound.probability[:80]
    rule = probability + np.random.default_rng(3).normal(0, 0.08, 80)
    one = finding(Evidence(label=label, probability=probability, baseline_probability=rule), "CHN003")
    assert one.status == "warned"
    assert "Advantage over the recency rule in roc_auc: +0." in one.found


def test_miscalibration_that_chance_explains_only_warns():
    random = np.random.default_rng(8)
    probability = expit(random.normal(-0.5, 1, 60))
    label = (random.random(60) < probability).astype(int)
    assert finding(Evidence(label=label, probability=probability), "CHN004").status == "warned"


def test_a_flat_table_with_separate_customers_passes(sound):
    evidence = replace(sound, cutoff=None, split=None, train_customer=np.arange(5000, 5100))
    assert statuses(evidence)["CHN002"] == "passed"


def test_without_evidence_every_gate_is_not_applicable_and_says_why():
    findings = run_gates(Evidence())
    assert {one.status for one in findings} == {"not_applicable"}
    assert all("Not given" in one.found or "Neither" in one.found for one in findings)
    assert not any(one.blocks for one in findings)


@pytest.mark.parametrize(
    ("part", "codes"),
    [
        ("label", {"CHN003", "CHN004", "CHN005", "CHN006", "CHN007"}),
        ("probability", {"CHN003", "CHN004", "CHN006", "CHN007"}),
        ("train_outcome_end", {"CHN002"}),
        ("baseline_probability", {"CHN003"}),
        ("segments", {"CHN007"}),
        ("signal_drift", {"CHN008"}),
        ("signature_present", {"CHN009"}),
    ],
)
def test_a_missing_part_silences_only_the_gates_that_need_it(sound, part, codes):
    found = statuses(replace(sound, **{part: None}))
    silent = {code for code, status in found.items() if status == "not_applicable"}
    assert silent == codes


def test_one_class_blocks_by_too_few_and_the_rest_say_that_they_cannot_judge():
    found = {one.code: one for one in run_gates(Evidence(label=np.zeros(100), probability=np.full(100, 0.1)))}
    assert found["CHN005"].status == "failed"
    assert found["CHN004"].status == "not_applicable"
    assert "same label (stayed)" in found["CHN004"].found


def test_segments_too_small_to_judge_are_not_applicable(sound):
    evidence = replace(sound, segments={"id": sound.customer})
    assert finding(evidence, "CHN007").found == "Every segment is too small to judge."


def test_findings_speak_both_languages_and_say_what_to_do(sound):
    plants = [plant(sound) for plant, _ in FLAWS.values()]
    for evidence in [sound, Evidence(), *(replace(sound, **plant) for plant in plants[:4])]:
        for one in run_gates(evidence):
            texts = {field.name: getattr(one, field.name) for field in fields(one)}
            assert all(texts.values()), one.code
            for name in ("title", "found", "why", "do"):
                assert texts[name].isascii(), (one.code, name)
                assert any("\u4e00" <= letter <= "\u9fff" for letter in texts[f"{name}_zh"]), (one.code, name)


def test_limits_are_set_by_project(sound):
    assert finding(sound, "CHN004", {"CHN004": {"largest_ece": 0.0}}).status in ("failed", "warned")
    assert finding(sound, "CHN005", {"CHN005": {"smallest_count": 10_000}}).status == "failed"
    assert finding(sound, "CHN005", {"CHN005": {"smallest_count": 10_000, "severity": "warn"}}).status == "warned"


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"CHN042": {}}, "no gate named 'CHN042'; there are CHN001, .*"),
        ({"CHN004": {"largest_ecc": 0.1}}, "no limit of CHN004 named 'largest_ecc'.*Did you mean largest_ece"),
        ({"CHN004": {"severity": "ignore"}}, "severity of CHN004 must be 'block' or 'warn'; given 'ignore'"),
    ],
)
def test_a_limit_that_does_not_exist_is_refused(limits, message):
    with pytest.raises(JudgementError, match=message):
        run_gates(Evidence(), limits)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"label": [0, 1], "probability": [0.5]}, "label 2, probability 1"),
        ({"label": [0, 1], "segments": {"size": ["s"]}}, "label 2, size 1"),
        ({"label": [0, 1], "probability": [0.5, np.nan]}, "missing"),
        ({"label": [0, 1], "probability": [0.5, 40]}, r"\[0, 1\]"),
        ({"split": "random"}, "split must be 'time' or 'flat'; given 'random'"),
    ],
)
def test_evidence_that_contradicts_itself_is_refused(parts, message):
    with pytest.raises(JudgementError, match=message):
        Evidence(**parts)
