"""One file an outside system."""
