"""The export as a function of Spark: the same probabilities as in one process."""

import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from exports import moved

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed: pip install 'churnlab[spark]'")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java")
    folder = tmp_path_factory.mktemp("spark")
    settings = {
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
        session = sql.SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()


def test_a_function_of_spark_gives_the_same_probabilities(spark, demo_workspace, tmp_path):
    import mlflow

    export = moved(demo_workspace.runner.store.path("export"), tmp_path)
    model = mlflow.pyfunc.load_model(str(export))
    names = model.metadata.get_input_schema().input_names()
    newest = sorted(demo_workspace.runner.store.path("panel").glob("*.parquet"))[-1]
    signals = pd.read_parquet(newest)[["customer_id", *names]]
    score = mlflow.pyfunc.spark_udf(spark, str(export), env_manager="local", result_type="double")
    rows = spark.createDataFrame(signals)
    found = rows.select("customer_id", score(*names).alias("probability")).toPandas()
    expected = pd.Series(model.predict(signals[names]), index=signals["customer_id"])
    assert len(found) > 100
    np.testing.assert_allclose(found["probability"], expected.loc[found["customer_id"]], atol=1e-12)
