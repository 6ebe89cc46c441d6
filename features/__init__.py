"""What we know about a customer at an instant: canonical tables, signals and the engine that cuts in time."""
