"""The demo company: a believable, seeded B2B company with known truth, for trying the project and for its tests."""

from pipelines.demo.company import simulate
from pipelines.demo.truth import true_response, true_risk

__all__ = ["simulate", "true_response", "true_risk"]
