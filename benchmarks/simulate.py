"""Time, memory and size of simulating the demo company, and what its true risk looks like.

    python -m benchmarks.simulate --customers 100000
    python -m benchmarks.simulate --customers 100000 --true-risk     # also the best AUC that anyone could reach

The claim: 100,000 customers over 24 months with at least 10 million usage events in about 90 seconds on 2 cores, in
memory that does not grow with the number of customers.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from pipelines.demo import simulate, true_risk

LIMIT_SECONDS = 90
LEAST_EVENTS_A_CUSTOMER = 100
HORIZON_DAYS = 60


def main() -> int:
    """Simulate into a folder that is thrown away, and print what it took."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started, cpu = time.perf_counter(), time.process_time()
        rows = simulate(
            folder / "tables",
            folder / "truth",
            customers=options.customers,
            months=options.months,
            seed=options.seed,
            ends_on=options.ends_on,
        )
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
        size = sum(file.stat().st_size for file in folder.rglob("*.parquet"))
        _print_rows(rows)
        print(f"{'customers':24}{options.customers:>14,}")
        print(f"{'seconds':24}{seconds:>14.1f}")
        print(f"{'processor seconds':24}{cpu_seconds:>14.1f}")
        print(f"{'peak memory, MB':24}{_peak_mb():>14,.0f}")
        print(f"{'on disk, MB':24}{size / 2**20:>14,.0f}")
        if options.true_risk:
            _print_risk(folder / "truth", options.ends_on)
    enough = rows["usage_events"] >= LEAST_EVENTS_A_CUSTOMER * options.customers
    fast = seconds <= LIMIT_SECONDS * max(1.0, options.customers / 100_000)
    print("the claim holds" if enough and fast else "THE CLAIM FAILS")
    return 0 if enough and fast else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--ends-on", type=date.fromisoformat, default=date(2026, 11, 1))
    parser.add_argument("--true-risk", action="store_true", help="also rank by the true risk")
    return parser.parse_args()


def _peak_mb() -> float:
    """Peak resident memory of this process; Linux counts it in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _print_rows(rows: dict[str, int]) -> None:
    for table, count in rows.items():
        print(f"{table:24}{count:>14,}")


def _print_risk(truth_folder: Path, ends_on: date) -> None:
    from sklearn.metrics import roc_auc_score

    cutoffs = [ends_on - timedelta(days=HORIZON_DAYS + 30 * back) for back in range(12)]
    risk = true_risk(truth_folder, cutoffs, HORIZON_DAYS)
    print(f"{'customers at cutoffs':24}{len(risk):>14,}")
    print(f"{'leave in 60 days':24}{risk['churned'].mean():>14.4f}")
    print(f"{'mean true risk':24}{risk['probability'].mean():>14.4f}")
    print(f"{'AUC of the true risk':24}{roc_auc_score(risk['churned'], risk['probability']):>14.4f}")


if __name__ == "__main__":
    sys.exit(main())
