"""What the promotion checks of the model as it was saved."""

from types import SimpleNamespace

import pytest

from pipelines.promotion.entering import saved_model_gates


def store(signature):
    models = SimpleNamespace(get_model_info=lambda uri: SimpleNamespace(signature=signature))
    return SimpleNamespace(mlflow=lambda: SimpleNamespace(models=models))


@pytest.mark.parametrize(("signature", "status"), [(None, "failed"), ("inputs and outputs", "passed")])
def test_a_model_without_a_signature_is_blocked(signature, status):
    (finding,) = saved_model_gates(store(signature), "models:/m-1", {})

    assert (finding["code"], finding["status"], finding["severity"]) == ("CHN009", status, "block")


def test_a_project_may_only_be_warned():
    (finding,) = saved_model_gates(store(None), "models:/m-1", {"CHN009": {"severity": "warn"}})

    assert finding["status"] == "warned"
