"""Run work as a process of its own, and measure its time and the memory that it needed at most."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """What a piece of work took.

    Parameters
    ----------
    seconds
        Time by the clock, imports not counted.
    processor_seconds
        Time of all cores together; on a busy machine it says more than the clock.
    peak_gb
        Most memory that the process ever held, in GiB, libraries included.
    """

    seconds: float
    processor_seconds: float
    peak_gb: float


def report(work: Callable[[], None]) -> None:
    """Do the work in this process and print what it took; `measured` reads it."""
    started, processor = time.perf_counter(), time.process_time()
    work()
    seconds, processor_seconds = time.perf_counter() - started, time.process_time() - processor
    print(json.dumps([seconds, processor_seconds, peak_gb()]))


def measured(arguments: Sequence[str]) -> Measured:
    """Run a Python script as a process that ends with `report`."""
    done = subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}; its message is above.")
    return Measured(*json.loads(done.stdout.splitlines()[-1]))


def median(runs: Sequence[Measured]) -> Measured:
    """Give the medians of time and the largest memory of several runs."""
    return Measured(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.processor_seconds for run in runs),
        max(run.peak_gb for run in runs),
    )


def forget_peak() -> None:
    """Let the peak begin anew at what the process holds now; without effect where the system does not offer it."""
    switch = Path("/proc/self/clear_refs")
    if switch.exists():
        switch.write_text("5")


def peak_gb() -> float:
    """Peak resident memory of this process alone; what its parent held before it began is not counted."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return int(lines["VmHWM"].split()[0]) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**30 if sys.platform == "darwin" else 2**20)
