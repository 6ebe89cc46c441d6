"""The signals of an export: there, and defined as they were when the model learnt from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.declared import SignalColumn
from features.fingerprint import fingerprint
from pipelines.errors import DataError

NAMED = 5


def columns_of_model(manifest: Mapping[str, Any], known: Mapping[str, SignalColumn]) -> list[SignalColumn]:
    """Find the signals that a model reads, in its order.

    Parameters
    ----------
    manifest
        Of the export.
    known
        Every declared signal column by name.

    Raises
    ------
    DataError
        If a signal is not declared, or computes something else than when the model was trained.
    """
    absent = [name for name in manifest["signals"] if name not in known]
    if absent:
        raise DataError(
            f"The champion needs signals that are not declared: {_some(absent)}",
            allowed="every signal that its export names",
            do="bring their definitions back (features.folders), or train again",
        )
    columns = [known[name] for name in manifest["signals"]]
    refuse_changed(manifest["definitions"], columns)
    return columns


def refuse_changed(trained: Mapping[str, str], columns: list[SignalColumn]) -> None:
    """Refuse signals that are defined otherwise than when a model learnt from them.

    Parameters
    ----------
    trained
        Fingerprint of each signal's definition at training; a signal that is not among them is not looked at.
    columns
        The signals as they are declared now.

    Raises
    ------
    DataError
        If one computes something else; it is named.
    """
    changed = [each.name for each in columns if trained.get(each.name, fingerprint(each)) != fingerprint(each)]
    if changed:
        raise DataError(
            f"Signals are defined otherwise than when the model learnt from them: {_some(changed)}",
            allowed="definitions that give the same values",
            do="train again, or take the change of the definition back",
        )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
