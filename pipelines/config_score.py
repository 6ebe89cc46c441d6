"""What the scoring job writes and where: the section ``score`` of the configuration."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from pipelines.config_section import Days, Section


class ScoreSettings(Section):
    """What the scoring job writes and where."""

    bands: dict[str, Annotated[float, Field(gt=0, lt=1)]]
    band_hysteresis_share: Annotated[float, Field(ge=0, lt=10)]
    valid_days: Days
    least_share: Annotated[float, Field(ge=0, le=1)]
    reason_bands: list[str]
    most_reasons: Annotated[int, Field(ge=1, le=20)]
    most_moves: Annotated[int, Field(ge=0, le=20)]
    most_levers: Annotated[int, Field(ge=0, le=20)]

    @model_validator(mode="after")
    def _bands_apart(self) -> Self:
        if len(set(self.bands.values())) < len(self.bands):
            raise ValueError("two bands begin at the same probability; give each its own floor or leave one out")
        return self

    @model_validator(mode="after")
    def _bands_of_reasons(self) -> Self:
        for band in self.reason_bands:
            if band not in (*self.bands, "low"):
                raise ValueError(f"reason_bands names unknown band '{band}'; bands are {', '.join(self.bands)} and low")
        return self
