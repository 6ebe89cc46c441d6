"""Playbooks and their messages: what may be written, and what is refused and where."""

from __future__ import annotations

import pytest

from features.signal import columns_of, discover
from pipelines.actions.messages import FIELDS, compiled, written
from pipelines.actions.playbook import load_playbooks
from pipelines.actions.rulebook import load_rules
from pipelines.errors import ConfigError

KNOWN = columns_of(discover([]).values())
RULES = load_rules(KNOWN)
OWN = """
greet:
  title: {en: Greet, zh: 问候}
  who: {bands: [high], rules: [many_tickets]}
  action: message
  channel: email
  cost: 1
  effect: 0.05
  owner: marketing
  due_days: 1
  again_after_days: 30
  message:
    en: "Dear {{ customer }}"
    zh: "尊敬的{{ customer }}"
"""


def load(*folders):
    return load_playbooks(KNOWN, RULES, ["high", "medium", "low"], ["platinum", "gold", "silver", "standard"], folders)


def test_shipped_playbooks_can_be_read_and_speak_both_languages():
    playbooks = load()
    assert {each.definition.action for each in playbooks.values()} >= {
        *("coupon", "content", "call", "visit", "ticket_first", "training", "renewal_offer")
    }
    for each in playbooks.values():
        english, chinese = (written(each.templates[language], {}) for language in ("en", "zh"))
        assert english.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_every_lifecycle_trigger_has_a_playbook():
    named = {rule for each in load().values() for rule in each.definition.who.rules}
    assert {name for name, rule in RULES.items() if rule.definition.kind == "lifecycle"} <= named


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("rules: [many_tickets]", "rules: [many_tickts]", 4, "many_tickets"),
        ("bands: [high]", "bands: [hot]", 4, "high"),
        ("{bands: [high], rules: [many_tickets]}", "{when: usage__logins__7 < 1}", 4, "usage__logins__7d"),
        ("action: message", "action: beg", 5, "action"),
        ("effect: 0.05", "effect: 5", 8, "effect"),
        ("Dear {{ customer }}", "Dear {{ customr }}", 13, "customer"),
        ("Dear {{ customer }}", "Dear {{ probability }}", 13, "probability"),
        ("Dear {{ customer }}", "Dear {{ customer", 13, "cannot be written"),
        ("Dear {{ customer }}", "{{ customer.first_name }}", 13, "cannot be written"),
        ("Dear {{ customer }}", "{{ customer.__class__.__mro__ }}", 13, "cannot be written"),
        ("Dear {{ customer }}", "{% for x in range(9) %}a{% endfor %}", 13, "range"),
        ("Dear {{ customer }}", "{% include 'secrets' %}", 13, "cannot be written"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path, old, new, line, said):
    (tmp_path / "own.yaml").write_text(OWN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as refused:
        load(tmp_path)
    assert f"own.yaml:{line}:" in str(refused.value)


def test_an_own_entry_changes_only_what_it_names(tmp_path):
    (tmp_path / "own.yaml").write_text("win_back:\n  cost: 5\n", encoding="utf-8")
    changed, shipped = load(tmp_path)["win_back"].definition, load()["win_back"].definition
    assert (changed.cost, changed.message) == (5, shipped.message)


def test_values_are_escaped_where_a_message_is_markup():
    values = dict.fromkeys(FIELDS, "") | {"customer": "<script>A & B"}
    assert written(compiled("{{ customer }}", "email"), values) == "&lt;script&gt;A &amp; B"
    assert written(compiled("{{ customer }}", "phone"), values) == "<script>A & B"


def test_what_is_unknown_of_a_customer_is_left_empty():
    assert written(compiled("Why: {{ alert or reason }}.", "phone"), {"reason": "silent"}) == "Why: silent."
    assert written(compiled("Why: {{ alert or reason }}.", "phone"), {}) == "Why: ."


def test_a_value_that_looks_like_a_template_stays_text():
    assert written(compiled("{{ customer }}", "phone"), {"customer": "{{ owner }}"}) == "{{ owner }}"
