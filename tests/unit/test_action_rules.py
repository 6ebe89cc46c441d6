"""Rules: what may be written, what is refused and where, sentences, and layers of rules."""

from __future__ import annotations

from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pytest

from evaluation.model.reason_words import shown as shown_in_reasons
from features.signal import columns_of, discover
from pipelines.actions.expression import comparison_with, parse
from pipelines.actions.rule import SignalKinds, inactive_because
from pipelines.actions.rule_proof import read_examples
from pipelines.actions.rulebook import load_rules
from pipelines.actions.sentences import sentence, shown
from pipelines.errors import ConfigError

KNOWN = columns_of(discover([]).values())
KINDS = {"days": "number", "orders": "number", "plan": "text"}
ROWS = pa.table(
    {
        "days": pa.array([5.0, 30.0, None, 30.0]),
        "orders": pa.array([0.0, 2.0, 2.0, None]),
        "plan": pa.array(["basic", "pro", None, "pro"]),
    }
)
OWN = """
orders_stop:
  title: {en: Orders stop, zh: 停止下单}
  when: orders__days_since_last__ever >= threshold
  threshold: 10
  say:
    en: "Silent for {orders__days_since_last__ever} days"
    zh: "已沉默 {orders__days_since_last__ever} 天"
  severity: low
  owner: sales
  cooldown_days: 7
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("days >= 30", [False, True, False, True]),
        ("not days >= 30", [True, False, False, False]),
        ("7 <= days < 31", [False, True, False, True]),
        ("days >= 30 or orders == 2", [False, True, True, True]),
        ("days >= 30 and orders == 2", [False, True, False, False]),
        ("plan == 'pro'", [False, True, False, True]),
        ("plan not in ['pro', 'team']", [True, False, False, False]),
        ("days in [5, 6]", [True, False, False, False]),
        ("missing(orders)", [False, False, False, True]),
        ("days > 10 * orders", [True, True, False, False]),
        ("days / orders > 1", [False, True, False, False]),
        ("-days < -29", [False, True, False, True]),
        ("days - orders + 1 == 29", [False, True, False, False]),
    ],
)
def test_conditions_hold_where_they_say(text, expected):
    rows = ibis.memtable(ROWS)
    condition = parse(text, KINDS).compiled({name: rows[name] for name in KINDS})
    assert rows.select(holds=condition).to_pyarrow()["holds"].to_pylist() == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dayz > 3", "'days'"),
        ("days > 'many'", "compares a number with a text"),
        ("plan > 'a'", "compares a text with a text"),
        ("days", "no condition"),
        ("days > 3 and plan", "is a text"),
        ("__import__('os').system('true') == 0", "not allowed"),
        ("[x for x in (1, 2)] == 3", "not allowed"),
        ("days.real > 3", "not allowed"),
        ("(lambda: 1)() > 0", "not allowed"),
        ("days is None", "compares|not allowed"),
        ("days > True", "not allowed"),
        ("days in []", "not allowed"),
        ("days ** 9 > 1", "not allowed"),
        ("missing(3)", "not allowed"),
        ("days >", "cannot be read"),
        ("(" * 400 + "days" + ")" * 400, "characters"),
    ],
)
def test_what_is_no_condition_is_refused(text, said):
    with pytest.raises(ConfigError, match=said):
        parse(text, KINDS)


def test_the_comparison_with_the_threshold_is_found_either_way_round():
    kinds = {**KINDS, "threshold": "number"}
    assert comparison_with(parse("orders > 1 and days >= threshold", kinds), "threshold").fires_above
    assert comparison_with(parse("threshold > days", kinds), "threshold").fires_above is False
    assert comparison_with(parse("days > threshold or orders > threshold", kinds), "threshold") is None
    assert comparison_with(parse("days > 3", kinds), "threshold") is None


@pytest.mark.parametrize("unit", ["days", "share", "flag", "orders", "currency"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_values_look_as_in_the_reasons_of_a_score(unit, language):
    drawn = np.random.default_rng(0)
    values = [0.0, 1.0, -1.0, 0.5, 0.994, 0.996, 0.999, 1.05, 9.94, 9.96, 10.5, 999.5, 1234567.0, -0.3, -3.25, 30.0]
    values += [*drawn.normal(0, 1, 200), *drawn.normal(0, 1e4, 200), *drawn.integers(-500, 500, 50).astype(float)]
    rows = ibis.memtable(pa.table({"value": values, "place": range(len(values))}))
    told = rows.select("place", told=shown(rows["value"], unit, language)).order_by("place").to_pyarrow()["told"]
    assert told.to_pylist() == [shown_in_reasons(value, unit, language) for value in values]


@pytest.mark.parametrize(
    ("template", "one", "two"),
    [
        ("{n} invoices were paid late", "1 invoice was paid late", "2 invoices were paid late"),
        ("Logged in {n} times in a week", "Logged in once in a week", "Logged in 2 times in a week"),
        ("{ratio} times as often, {n} tickets", "1 times as often, 1 ticket", "2 times as often, 2 tickets"),
    ],
)
def test_one_thing_is_said_in_the_singular(template, one, two):
    rows = ibis.memtable(pa.table({"n": [1.0, 2.0]}))
    values = {"n": rows["n"], "ratio": rows["n"]}
    told = rows.select("n", told=sentence(template, values, {"n": "invoices", "ratio": "ratio"}, "en")).order_by("n")
    assert told.to_pyarrow()["told"].to_pylist() == [one, two]


def test_values_of_categories_are_called_by_their_names():
    rows = ibis.memtable(pa.table({"stage": ["contract_approval", "tasting", None]}))
    values, units = {"deals__stage_last__ever": rows["stage"]}, {"deals__stage_last__ever": "category"}
    told = rows.select(
        en=sentence("stands at {deals__stage_last__ever}", values, units, "en"),
        zh=sentence("停留在{deals__stage_last__ever}阶段", values, units, "zh"),
    ).to_pyarrow()
    assert told["en"].to_pylist() == ["stands at contract approval", "stands at tasting", "stands at unknown"]
    assert told["zh"].to_pylist() == ["停留在合同审批阶段", "停留在tasting阶段", "停留在未知阶段"]


def test_an_unknown_value_is_said_to_be_unknown():
    rows = ibis.memtable(pa.table({"value": pa.array([None], pa.float64()), "word": pa.array([None], pa.string())}))
    told = rows.select(number=shown(rows["value"], "days", "en"), word=shown(rows["word"], "", "zh")).to_pyarrow()
    assert told.to_pylist() == [{"number": "unknown", "word": "未知"}]


def write(folder, text, name="own.yaml"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_own_rules_stand_beside_the_shipped_ones(tmp_path):
    rules = load_rules(KNOWN, [write(tmp_path / "rules", OWN)])
    assert rules["orders_stop"].signals == ("orders__days_since_last__ever",)
    assert "many_tickets" in rules


def test_an_own_entry_changes_only_what_it_names(tmp_path):
    shipped = load_rules(KNOWN)["many_tickets"].definition
    folder = write(tmp_path / "rules", "many_tickets:\n  threshold: 5\n")
    changed = load_rules(KNOWN, [folder])["many_tickets"].definition
    assert changed.threshold == 5
    assert changed.examples == []
    assert changed.say == shipped.say
    folder = write(tmp_path / "rules", "many_tickets:\n  owner: sales\n")
    assert load_rules(KNOWN, [folder])["many_tickets"].definition.examples == shipped.examples


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("severity: low", "severity: loud", 9, "severity"),
        ("cooldown_days: 7", "cooldwn_days: 7", 11, "cooldown_days"),
        (
            "orders__days_since_last__ever >= threshold",
            "orders__days_since_lst__ever >= threshold",
            4,
            "days_since_last",
        ),
        ("{orders__days_since_last__ever} days", "{orders__day_since_last__ever} days", 7, "days_since_last"),
        ("{orders__days_since_last__ever} days", "{orders__days_since_last__ever days", 7, "bracket"),
        ("orders__days_since_last__ever >= threshold", "orders__days_since_last__ever >= 3", 5, "does not name"),
        ("  owner: sales\n", "  owner: sales\n  owner: support\n", 11, "twice"),
        ("orders_stop:\n", "orders_stop: [1]\nx:\n", 2, "holds no parts"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path, old, new, line, said):
    folder = write(tmp_path / "rules", OWN.replace(old, new, 1))
    with pytest.raises(ConfigError, match=said) as refused:
        load_rules(KNOWN, [folder])
    assert f"own.yaml:{line}:" in str(refused.value)


def test_broken_yaml_is_told(tmp_path):
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_rules(KNOWN, [write(tmp_path / "rules", "a: [1")])


def test_the_same_name_twice_in_a_folder_is_refused(tmp_path):
    write(tmp_path / "rules", OWN, "a.yaml")
    with pytest.raises(ConfigError, match="already defined"):
        load_rules(KNOWN, [write(tmp_path / "rules", OWN, "b.yaml")])


def test_a_text_signal_is_known_as_such():
    kinds = SignalKinds(KNOWN)
    assert kinds["customers__industry__ever"] == "text"
    assert kinds["usage__logins__7d"] == "number"


def test_a_rule_without_its_tables_cannot_fire():
    rule = load_rules(KNOWN)["few_logins_after_trial"]
    assert inactive_because(rule, KNOWN, ["contracts", "usage_events"]) == ""
    assert inactive_because(rule, KNOWN, ["contracts"]) == "the data bring no usage_events"


def test_a_begun_rule_can_be_read_and_speaks_both_languages(tmp_path, monkeypatch):
    from pipelines.commands.rules import begin_rule

    conf = Path(__file__).parents[2] / "conf" / "demo.yaml"
    monkeypatch.chdir(tmp_path)
    begin_rule(str(conf), "exports_all", "usage__exports__30d")
    rule = load_rules(KNOWN, [tmp_path / "rules"])["exports_all"]
    assert rule.definition.say.en == "Exported data {usage__exports__30d} times in the last 30 days"
    assert rule.definition.say.zh == "近 30 天导出数据 {usage__exports__30d} 次"
    assert len(read_examples(rule)) == 1
    with pytest.raises(ConfigError, match="cannot name a new rule"):
        begin_rule(str(conf), "exports_all", "usage__exports__30d")
    with pytest.raises(ConfigError, match="usage__exports__30d"):
        begin_rule(str(conf), "other", "usage__export__30d")
