"""The definitions of churn that a project's configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.config_label import Churn
from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from training.labels.outcome import Outcome


def outcomes(churn: list[Churn]) -> list[Outcome]:
    """Give the definitions of churn that the configuration names."""
    from training.labels.contractual import Contractual
    from training.labels.inactivity import Inactivity
    from training.labels.spend_drop import SpendDrop

    classes: dict[str, Any] = {"contractual": Contractual, "inactivity": Inactivity, "spend_drop": SpendDrop}
    return [classes[each.kind](**each.model_dump(exclude={"kind"})) for each in churn]


def check_tables(definitions: list[Outcome], tables: Mapping[str, Any]) -> None:
    """Refuse a definition of churn whose table the data do not bring.

    Raises
    ------
    ConfigError
        If a table is missing.
    """
    for outcome in definitions:
        if outcome.table not in tables:
            raise ConfigError(
                f"churn is defined on {outcome.table}, which the data do not bring",
                allowed=", ".join(sorted(tables)),
                do="map the table, or choose another definition in label.churn",
            )
