"""The export as a function of Spark: the same probabilities as in one process."""

import numpy as np
import pandas as pd
import pytest
from exports import moved
from spark_sessions import spark_session

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    with spark_session(tmp_path_factory.mktemp("spark")) as session:
        yield session


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
