"""What the records that stages hand to each other must hold, as far as their readers reach."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict


class Ledgered(TypedDict):
    """One source of a table in the ledger of what was read."""

    table: str
    source: str
    written: int


class Loaded(TypedDict):
    """Canonical tables in the warehouse."""

    tables: list[str]
    ledger: list[Ledgered]
    content: str


class Accepted(TypedDict):
    """Tables that later stages may read."""

    schema: str
    tables: list[str]
    rows: dict[str, int]
    first: str | None
    last: str | None
    flat: bool
    content: str


class Calendar(TypedDict):
    """Cutoffs and windows; of a flat table there are none."""

    flat: bool
    cutoffs: list[str]
    test_cutoff: str | None
    horizon_days: NotRequired[int]
    gap_days: NotRequired[int]


class Gate(TypedDict):
    """What a gate found."""

    code: str
    severity: str
    status: str
    title: str
    found: str
    do: str


class Split(TypedDict):
    """How rows were divided; earlier releases taught no rows of open windows."""

    train_rows: int
    test_rows: int
    open_rows: NotRequired[int]


class Judged(TypedDict):
    """Figures on unseen customers."""

    best: str
    run_id: str
    project: dict[str, Any]
    calendar: Calendar
    split: Split
    signals: dict[str, Any]
    data: dict[str, Any]
    rule: str | None
    test: dict[str, dict[str, float | None]]
    intervals: dict[str, Any]
    contacts: list[dict[str, Any]]
    calibration: dict[str, Any]
    money: dict[str, Any]
    over_time: dict[str, Any] | None
    gates: list[Gate]


class Why(TypedDict):
    """Why somebody is champion."""

    reason: str


class Champion(TypedDict):
    """The version that serves."""

    name: str
    version: str
    decision: Why


class Scored(TypedDict):
    """The newest scoring run."""

    as_of: str
    run_id: str
    scored: int
    excluded: dict[str, int]
    bands: dict[str, int]
    model: str
    lacking: NotRequired[list[str]]


class Decided(TypedDict):
    """The newest alerts and actions, in numbers."""

    as_of: str
    run_id: str


class Marted(TypedDict):
    """The mart and its rows."""

    as_of: str
    rows: dict[str, int]


class Brought(TypedDict):
    """Rows of a table by what became of them in a destination."""

    new: int
    changed: int
    removed: int
    same: int


class Delivered(TypedDict):
    """The newest delivery."""

    scored: Scored
    destinations: dict[str, dict[str, Brought]]


class Trained(TypedDict):
    """What training leaves in writing beside its models."""

    best: str
    parameters: dict[str, dict[str, Any] | None]
    dropped: Any
    split: Split
    features: dict[str, list[str]]
    kinds: dict[str, str]
    run_id: str
    family_runs: dict[str, str]


class Learnt(TypedDict):
    """What a registered version learnt from, as it is logged with its model."""

    project: str
    flat: bool
    label: dict[str, Any] | None
    kinds: dict[str, str]
    tables: list[str]
    definitions: dict[str, str]
    lacking: NotRequired[list[str]]


HOLDS: dict[str, type[Any]] = {
    "loaded": Loaded,
    "accepted": Accepted,
    "calendar": Calendar,
    "judged": Judged,
    "champion": Champion,
    "scored": Scored,
    "decided": Decided,
    "marted": Marted,
    "delivered": Delivered,
}
"""What a record holds, by the name of the artifact."""
