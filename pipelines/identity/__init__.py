"""Ids of several systems that stand for one customer: found, joined, told, and asked about where there is doubt."""
