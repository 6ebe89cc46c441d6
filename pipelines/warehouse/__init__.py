"""Connections and idempotent writes."""
