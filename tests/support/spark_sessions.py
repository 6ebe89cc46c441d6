"""A Spark of the tests' own, in this process and on the loopback, which waits for a busy machine."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from servers import LIMIT_S

PATIENCE = {
    "spark.network.timeout": f"{LIMIT_S}s",
    "spark.executor.heartbeatInterval": "60s",
    "spark.python.authenticate.socketTimeout": f"{LIMIT_S}s",
    "spark.sql.broadcastTimeout": str(LIMIT_S),
}


@contextmanager
def spark_session(folder: Path, **settings: str) -> Iterator[Any]:
    """Start a session with its files in a folder; skips where PySpark or Java is missing."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed: pip install 'churnlab[spark]'")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java")
    own = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        builder = sql.SparkSession.builder.master("local[2]").config(map=own | PATIENCE | settings)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()
