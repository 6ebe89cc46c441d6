"""Records as stages write them, with all that a record must hold and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AS_OF = "2026-10-07T00:00:00"
SCORED = {"as_of": AS_OF, "run_id": "r1", "scored": 90, "excluded": {"left": 10}, "bands": {}, "model": "m version 3"}
RECORDS: Mapping[str, dict[str, Any]] = {
    "loaded": {"tables": ["orders"], "ledger": [{"table": "orders", "source": "o.csv", "written": 7}], "content": "c"},
    "accepted": {
        "schema": "accepted",
        "tables": ["orders"],
        "rows": {"orders": 7},
        "first": "2026-01-01T00:00:00",
        "last": AS_OF,
        "flat": False,
        "content": "c",
    },
    "calendar": {"flat": True, "cutoffs": [], "test_cutoff": None},
    "champion": {"name": "churn_demo", "version": "3", "decision": {"promote": True, "reason": "the first"}},
    "scored": SCORED,
    "delivered": {
        "scored": SCORED,
        "destinations": {"crm": {"churn_scores": {"new": 80, "changed": 0, "removed": 0, "same": 10}}},
    },
    "marted": {"as_of": AS_OF, "rows": {"churn_latest": 6}},
}


def record(artifact: str, **other: Any) -> dict[str, Any]:
    """Give a whole record of an artifact, with some of what it says said otherwise."""
    return {**RECORDS[artifact], **other}


def manifest_of(project: str, **other: Any) -> dict[str, Any]:
    """Give what the manifest of an export says of a model, with some of it said otherwise."""
    model = {"project": project, "model": f"churn_{project}", "version": "1", "signals": [], "kinds": {}}
    use = {"flat": False, "label": None, "tables": [], "definitions": {}, "bands": {}, "valid_days": 7}
    return {**model, **use, **other}
