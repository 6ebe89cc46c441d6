"""Measures of a model: ranking, truth of its probabilities, money, time and stability."""
