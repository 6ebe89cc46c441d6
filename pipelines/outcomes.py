"""What leaving is, as the configuration or a manifest says it, and which tables that needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from pipelines.config_label import Churn
    from training.labels.outcome import Outcome


def outcomes(churn: Iterable[Churn]) -> list[Outcome]:
    """Give the definitions of churn that the configuration names."""
    return definitions_of(each.model_dump() for each in churn)


def definitions_of(churn: Iterable[Mapping[str, Any]]) -> list[Outcome]:
    """Give definitions of churn, each told by its ``kind`` and the settings of that kind."""
    from training.labels.contractual import Contractual
    from training.labels.inactivity import Inactivity
    from training.labels.spend_drop import SpendDrop

    classes: dict[str, Any] = {"contractual": Contractual, "inactivity": Inactivity, "spend_drop": SpendDrop}
    return [classes[each["kind"]](**{name: value for name, value in each.items() if name != "kind"}) for each in churn]


def check_tables(definitions: Iterable[Outcome], tables: Mapping[str, Any]) -> None:
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
                allowed=", ".join(sorted(tables)) or "no table was found",
                do="map the table, or choose another definition in label.churn",
            )
