"""Customers whom an action of ours reached while their outcome was open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis
from ibis.expr import types as ir

from features.tables import INTERACTIONS
from training.labels.outcome import Tables, Window

TABLE = INTERACTIONS.name


def treated(tables: Tables, cutoffs: Sequence[datetime], window: Window, kinds: Sequence[str]) -> ir.Table:
    """Give ``customer_id`` and ``cutoff`` of those contacted between a cutoff and the end of its window.

    Parameters
    ----------
    tables
        Canonical tables, interactions among them.
    cutoffs
        Instants of prediction.
    window
        The outcome window.
    kinds
        Kinds of interactions that count as an action against leaving.
    """
    contacts = tables[TABLE]
    chosen = contacts.filter(contacts.kind.isin(list(kinds)))
    parts = [
        chosen.filter(
            chosen.happened_at >= ibis.literal(cutoff), chosen.happened_at < ibis.literal(cutoff + window.reach)
        )
        .select("customer_id")
        .distinct()
        .mutate(cutoff=ibis.literal(cutoff, type="timestamp(6)"))
        for cutoff in cutoffs
    ]
    return parts[0] if len(parts) == 1 else ibis.union(*parts)
