"""The commands that list, show and begin early-warning rules."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from features.signal import SignalColumn
from pipelines.actions.rule import Rule, inactive_because
from pipelines.actions.rulebook import load_rules
from pipelines.artifacts import Store
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import ConfigError
from pipelines.ingest.nearest import nearest
from pipelines.panel import project_signals

_NAME = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
_SKELETON = """# Change the condition, the sentences and the examples; churnlab rules test {name} proves them.

{name}:
  title: {{en: {title}, zh: {title}}}
  when: {signal} {operator} threshold
  threshold: {threshold}   # churnlab rules test {name} --threshold-for 10 names one for ten alerts a week
  say:
    en: "{en}"
    zh: "{zh}"
  severity: medium        # low | medium | high
  owner: customer_success
  cooldown_days: 30       # a customer is alerted once in so many days
  escalate: vip           # never | vip | always: to the managers' board
  examples:               # rows of one customer, times before the cutoff; what happens at 0d is not known yet
    - |
{example}
      => fires
"""


def rules_of(project: Project) -> tuple[dict[str, Rule], dict[str, SignalColumn]]:
    """Give a project's rules and the signals that there are."""
    known = project_signals(project)
    return load_rules(known, project.act.rule_folders), known


def find_rules(rules: dict[str, Rule], names: list[str]) -> dict[str, Rule]:
    """Choose rules by name; all where none is named.

    Raises
    ------
    ConfigError
        If one does not exist.
    """
    for name in names:
        if name not in rules:
            raise ConfigError(f"There is no rule '{name}'", allowed=nearest(name, rules), do="churnlab rules list")
    return {name: rules[name] for name in names} if names else rules


def list_rules(project_name: str, as_json: bool) -> None:
    """Print every rule: a table for people, one name a line for a pipe, everything as JSON."""
    project = load_project(project_name)
    rules, known = rules_of(project)
    if as_json:
        print(json.dumps([described(rule) for rule in rules.values()], ensure_ascii=False, indent=1))
    elif not sys.stdout.isatty():
        print("\n".join(rules))
    else:
        tables = _tables(project)
        rows = [_row(rule, inactive_because(rule, known, tables) if tables else "") for rule in rules.values()]
        heads = ("rule", "what", "预警", "severity", "owner", "cannot fire here")
        Console().table(f"{len(rules)} rules", heads, rows, texts=heads)


def show_rule(project_name: str, name: str) -> None:
    """Print a rule with its examples."""
    rules, _ = rules_of(load_project(project_name))
    rule = find_rules(rules, [name])[name]
    told = described(rule)
    width = max(map(len, told))
    for key, value in told.items():
        print(f"{key:<{width}}  {value}")
    for position, example in enumerate(rule.definition.examples, start=1):
        print(f"\nexample {position}\n{example.rstrip()}")


def begin_rule(project_name: str, name: str, signal: str) -> None:
    """Write a file with a rule over a signal, to be changed.

    Raises
    ------
    ConfigError
        If name or signal cannot be, or the file exists.
    """
    project = load_project(project_name)
    rules, known = rules_of(project)
    if signal not in known:
        raise ConfigError(f"There is no signal '{signal}'", allowed=nearest(signal, known), do="churnlab signals list")
    if not _NAME.match(name) or name in rules:
        raise ConfigError(f"'{name}' cannot name a new rule", allowed="a free name in lower snake case", do="rename it")
    if not project.act.rule_folders:
        raise ConfigError("act.rule_folders names no folder", do="add one to the project")
    target = project.act.rule_folders[0] / f"{name}.yaml"
    if target.exists():
        raise ConfigError(f"{target} exists", do="choose another name, or change that file")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_skeleton(name, known[signal]), encoding="utf-8")
    Console().line(f"Wrote {target}. Next: change it, then churnlab rules test {name}.")


def described(rule: Rule) -> dict[str, Any]:
    """Tell all about a rule but its examples."""
    definition = rule.definition
    return {
        "name": rule.name,
        "title_en": definition.title.en,
        "title_zh": definition.title.zh,
        "kind": definition.kind,
        "audience": definition.audience,
        "when": rule.condition.text,
        "threshold": definition.threshold,
        "threshold_by_industry": definition.threshold_by_industry or None,
        "said_en": definition.say.en,
        "said_zh": definition.say.zh,
        "severity": definition.severity,
        "owner": definition.owner,
        "cooldown_days": definition.cooldown_days,
        "escalate": definition.escalate,
        "where": rule.where,
    }


def _row(rule: Rule, inactive: str) -> tuple[str, ...]:
    said = rule.definition
    return rule.name, said.title.en, said.title.zh, said.severity, said.owner, inactive


def _tables(project: Project) -> list[str]:
    """Tables that the data bring; none where nothing was checked yet."""
    store = Store(project.home / "artifacts")
    return list(store.load("accepted")["tables"]) if store.exists("accepted") else []


def _skeleton(name: str, column: SignalColumn) -> str:
    lines = [line for line in column.signal.example.splitlines() if not line.strip().startswith("=>")]
    example = "\n".join(f"      {line}".rstrip() for line in [column.signal.table.name, *lines])
    return _SKELETON.format(
        name=name,
        title=name.replace("_", " ").capitalize(),
        signal=column.name,
        operator="<=" if column.signal.risk == "falls" else ">=",
        threshold=1,
        **{language: _said(column, language) for language in ("en", "zh")},
        example=example,
    )


def _said(column: SignalColumn, language: str) -> str:
    """Give the signal's own sentence, its value named as a rule names it."""
    return column.signal.say[language].format(value=f"{{{column.name}}}", days=column.days).replace('"', "'")
