"""``python -m pipelines`` is ``churnlab``."""

from pipelines.cli import main

main()
