"""Checks on the loaded tables: what is wrong, where, how much it matters, and what becomes of each row."""
