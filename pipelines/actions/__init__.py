"""Alerts, playbooks and experiments."""
