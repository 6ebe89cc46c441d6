"""The only room that touches the world: files, databases, MLflow, the terminal."""
