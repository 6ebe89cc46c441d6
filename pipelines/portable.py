"""The model as MLflow loads it: code and safe files, nothing unpickled; probabilities, not labels."""

from pathlib import Path

import mlflow
from mlflow.pyfunc import PythonModel


class ChurnModel(PythonModel):  # type: ignore[misc]
    """A fitted model behind MLflow's interface."""

    def load_context(self, context):  # type: ignore[no-untyped-def]
        """Read the model from its files."""
        from training.model import load_model

        self.model = load_model(Path(context.artifacts["model"]))

    # Without annotations: MLflow would take them for the signature, which is given explicitly.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Give the calibrated probability of leaving, shape (rows,)."""
        return self.model.predict(model_input)


mlflow.models.set_model(ChurnModel())
