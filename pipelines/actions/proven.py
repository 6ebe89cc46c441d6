"""How good rules have proven: kept by the back-test, read when alerts are ranked."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from pipelines.records import read_record

if TYPE_CHECKING:
    from evaluation.action.rule_backtest import AlertRecord
    from pipelines.actions.rule import Rule

FILE = "rules_proven.json"


class Proven(TypedDict):
    """What was asked of a rule that was tried, and its lift."""

    asked: list[Any]
    lift: float


def keep_lifts(home: Path, rules: Mapping[str, Rule], records: Mapping[str, AlertRecord]) -> None:
    """Write the lift of each rule that had alerts enough, beside what is known of other rules.

    Parameters
    ----------
    home
        The project's folder.
    rules, records
        The rules that were tried, and what became of their alerts.
    """
    tried = {name: record for name, record in records.items() if record.is_enough}
    found = _read(home) | {name: {"asked": _asked(rules[name]), "lift": each.lift} for name, each in tried.items()}
    beside = home / f".{FILE}"
    beside.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(beside, home / FILE)


def read_lifts(home: Path, rules: Mapping[str, Rule]) -> dict[str, float]:
    """Give how many times as often customers left after an alert as all did; of rules that are still what was tried."""
    kept = _read(home)
    same = [name for name, rule in rules.items() if name in kept and kept[name]["asked"] == _asked(rule)]
    return {name: float(kept[name]["lift"]) for name in same}


def _asked(rule: Rule) -> list[object]:
    said = rule.definition
    return [rule.condition.text, said.threshold, dict(said.threshold_by_industry)]


def _read(home: Path) -> dict[str, Proven]:
    file, do = home / FILE, "move it away, and try the rules on the past again"
    return read_record(file, dict[str, Proven], do) if file.is_file() else {}
