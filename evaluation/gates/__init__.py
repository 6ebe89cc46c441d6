"""Gates that a model passes before it may be used; one file a gate, found by its name."""

from evaluation.gates.evidence import Evidence
from evaluation.gates.gate import Finding, Gate
from evaluation.gates.run import run_gates

__all__ = ["Evidence", "Finding", "Gate", "run_gates"]
