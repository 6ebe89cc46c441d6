"""What is done about a score: the section ``act`` of the configuration."""

from __future__ import annotations

from pathlib import Path

from pipelines.config_section import Section


class ActSettings(Section):
    """Rules, playbooks, and the limits within which actions are chosen."""

    rule_folders: list[Path]
