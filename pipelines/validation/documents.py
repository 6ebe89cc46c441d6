"""The results of the checks as a page that opens without a network, from what Great Expectations found."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.validation import words
from pipelines.validation.inspection import Checked
from pipelines.validation.set_aside import Parted
from pipelines.validation.suite import Finding

LONGEST = 120
_ORDER = {"failed": 0, "crashed": 1, "passed": 2}
_HIDDEN = ("batch_id", "partition_object")


def tables(checked: Checked) -> list[dict[str, Any]]:
    """Arrange findings by table, failed ones first.

    Returns
    -------
    list of dict
        Plain values for the page: account of the table, and of each check its name, arguments and outcome.
    """
    arguments = dict(_arguments(checked.documents))
    return [_table(parted, checked.findings, arguments) for parted in checked.parted]


def headline(checked: Checked) -> words.Text:
    """Say in one sentence how the checks went."""
    outcomes = Counter(finding.outcome for finding in checked.findings)
    rows, aside = (sum(getattr(parted, each) for parted in checked.parted) for each in ("rows", "quarantined"))
    passed, failed, crashed = (outcomes[each] for each in ("passed", "failed", "crashed"))
    return {
        "en": f"{passed} of {passed + failed + crashed} checks passed, {failed} failed, {crashed} could not be run; "
        f"{aside:,} of {rows:,} rows are set aside.",
        "zh": f"{passed + failed + crashed} 项检查中 {passed} 项通过，{failed} 项未通过，{crashed} 项未能执行；"
        f"{rows:,} 行中隔离 {aside:,} 行。",
    }


def _arguments(documents: list[dict[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for document in documents:
        for result in document["results"]:
            configuration = result["expectation_config"]
            yield configuration["meta"]["name"], configuration["kwargs"]


def _table(parted: Parted, findings: list[Finding], arguments: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    mine = [finding for finding in findings if finding.check.table == parted.table]
    known = words.reasons_said((finding.check.name, finding.check.reason) for finding in mine)
    return {
        "table": parted.table,
        "rows": parted.rows,
        "accepted": parted.accepted,
        "quarantined": parted.quarantined,
        "reasons": [(known.get(reason, {"en": reason, "zh": reason}), rows) for reason, rows in parted.reasons.items()],
        "checks": [
            _check(finding, arguments.get(finding.check.name, {}))
            for finding in sorted(mine, key=lambda finding: (_ORDER[finding.outcome], finding.check.name))
        ],
    }


def _check(finding: Finding, arguments: Mapping[str, Any]) -> dict[str, Any]:
    check = finding.check
    return {
        "name": check.name,
        "said": (words.wanted_said if finding.outcome == "passed" else words.fault_said)(check.name, check.reason),
        "expectation": check.expectation,
        "arguments": {key: _short(value) for key, value in arguments.items() if key not in _HIDDEN},
        "severity": check.severity,
        "outcome": finding.outcome,
        "failing": finding.failing,
        "share": finding.share,
        "observed": None if finding.observed is None else _short(finding.observed),
        "examples": [str(example) for example in finding.examples],
        "problem": finding.problem,
    }


def _short(value: Any) -> str:
    if isinstance(value, float) and abs(value) == sys.float_info.max:
        return "the largest number" if value > 0 else "the smallest number"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"
