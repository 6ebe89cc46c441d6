"""How much better one model is than another on the same later rows, by the loss that the project chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from pipelines.config_promote import PromoteSettings
from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from evaluation.model.bootstrap import Difference
    from pipelines.judging.material import Material

Floats = npt.NDArray[np.float64]

SAID = {"log_loss": "log loss", "brier": "Brier score", "profit": "profit a customer"}


class Compare(Protocol):
    """Gives the advantage of the first probabilities over the second, both of shape (test rows,)."""

    def __call__(self, first: Floats, second: Floats) -> Difference:
        """Compare them."""


@dataclass(frozen=True, eq=False)
class ByLoss:
    """Compares by a figure of the scorecard: ``log_loss`` or ``brier``.

    Parameters
    ----------
    material
        Outcomes and customers of the test slice.
    settings
        Loss, confidence and draws.
    """

    material: Material
    settings: PromoteSettings

    def __call__(self, first: Floats, second: Floats) -> Difference:
        """Compare by paired bootstrap of customers."""
        from evaluation.model.bootstrap import paired_difference

        return paired_difference(
            self.material.label,
            first,
            second,
            self.material.customer,
            metric=self.settings.loss,
            replicates=self.settings.replicates,
            level=self.settings.level,
        )


@dataclass(frozen=True, eq=False)
class ByProfit:
    """Compares by what is earned by contacting those of whom each model expects a profit, within the capacity.

    Parameters
    ----------
    material
        Outcomes and customers of the test slice.
    settings
        Confidence and draws.
    amounts
        What keeping each customer is worth, shape (test rows,).
    terms
        Of the campaign.
    """

    material: Material
    settings: PromoteSettings
    amounts: Floats
    terms: Any

    def __call__(self, first: Floats, second: Floats) -> Difference:
        """Compare by paired bootstrap of customers; the unit is currency a customer of the test slice."""
        from evaluation.model.profit_interval import paired_profit

        return paired_profit(
            self.material.label,
            self.amounts,
            self.terms,
            self._contacted(first),
            self._contacted(second),
            self.material.customer,
            replicates=self.settings.replicates,
            level=self.settings.level,
        )

    def _contacted(self, probability: Floats) -> npt.NDArray[np.bool_]:
        from evaluation.model.profit import best_targets

        contacted = np.zeros(probability.size, dtype=np.bool_)
        contacted[best_targets(probability, self.amounts, self.terms, self.material.capacity)] = True
        return contacted


def comparer(material: Material, settings: PromoteSettings) -> Compare:
    """Give what compares two models by the loss that the project chose.

    Raises
    ------
    ConfigError
        If profits are to be compared and nothing says what a customer is worth.
    """
    if settings.loss != "profit":
        return ByLoss(material, settings)
    from pipelines.judging.money import NO_VALUE, terms_of
    from pipelines.judging.value import values

    value = values(material)
    if value is None:
        raise ConfigError(
            f"promote.loss is profit. {NO_VALUE['en'].split('.')[0]}",
            allowed="log_loss, brier, or profit where customers have a value",
            do="set evaluate.value_column or evaluate.value, or choose another promote.loss",
        )
    return ByProfit(material, settings, value.amounts, terms_of(material, value))
