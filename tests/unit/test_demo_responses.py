"""The demo company's truth about treatment: known for each customer, and true of those who are treated."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.demo import simulate, true_response, true_risk
from pipelines.demo.responses import RESPONSE_HAZARD_FACTORS

ENDS_ON = date(2026, 8, 20)
CUTOFFS = [ENDS_ON - timedelta(days=60)]


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    simulate(folder, folder / "truth", customers=600, months=6, seed=3, ends_on=ENDS_ON)
    return folder / "truth"


def test_left_alone_the_risk_is_the_risk_and_treatment_multiplies_the_hazard(truth):
    found = true_response(truth, CUTOFFS, 60, "call")
    risk = true_risk(truth, CUTOFFS, 60)

    assert found["untreated"].to_numpy() == pytest.approx(risk["probability"].to_numpy())
    hazard = np.log1p(-found["treated"]) / np.log1p(-found["untreated"])
    factor = found["response"].map(RESPONSE_HAZARD_FACTORS).astype(float)
    # Exact for a hazard that is known; the mean over what may still happen moves it a little.
    assert (hazard - factor).abs().median() < 0.01
    assert (hazard - factor).abs().max() < 0.25
    assert (found["treated"] < found["untreated"]).equals(found["response"] == "persuadable")
    assert (found["treated"] > found["untreated"]).equals(found["response"] == "do_not_disturb")


def test_each_treatment_has_responses_of_its_own(truth):
    call, either = (true_response(truth, CUTOFFS, 60, treatment)["response"] for treatment in ("call", "any"))
    known = pd.read_parquet(truth / "truth.parquet").set_index("customer_id")["treatment_response"]
    ids = true_response(truth, CUTOFFS, 60)["customer_id"]

    assert either.tolist() == known[ids].tolist()
    assert 0.2 < (call == either).mean() < 0.6
