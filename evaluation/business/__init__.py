"""Measures of the customer base: churn, retention, cohorts, segments, lifetime value."""
