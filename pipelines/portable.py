"""The model as MLflow loads it: code and safe files, nothing unpickled; probabilities, not labels."""

from pathlib import Path
from typing import Any

import mlflow
from mlflow.pyfunc import PythonModel


class ChurnModel(PythonModel):  # type: ignore[misc]
    """A fitted model behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Read the model from its files."""
        from training.model import load_model

        self.model = load_model(Path(context.artifacts["model"]))

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """Give the calibrated probability of leaving, shape (rows,)."""
        return self.model.predict(model_input)


mlflow.models.set_model(ChurnModel())
