"""The dashboard: who may leave, why and what to do, read from the mart on this machine alone."""
