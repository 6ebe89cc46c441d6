"""Measures of what was done: effect, uplift, return."""
