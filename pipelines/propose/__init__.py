"""A first mapping for files that nobody has described: looked at, proposed with reasons, doubtful points marked."""

from __future__ import annotations

from pipelines.propose.proposal import Proposal
from pipelines.propose.propose import propose
from pipelines.propose.render import render

__all__ = ["Proposal", "propose", "render"]
