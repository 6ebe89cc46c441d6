"""How the scoring job that runs by itself behaves: the section ``job`` of the configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipelines.config_section import Section


class JobSettings(Section):
    """What the job does when a service does not answer, how much it logs, and when it counts as late."""

    retries: Annotated[int, Field(ge=0, le=20)]
    retry_wait_s: Annotated[float, Field(ge=0, le=3600)]
    log_megabytes: Annotated[float, Field(gt=0, le=1000)]
    log_files: Annotated[int, Field(ge=1, le=100)]
    late_minutes: Annotated[int, Field(ge=1)]
