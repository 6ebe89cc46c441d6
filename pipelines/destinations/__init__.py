"""Brings the tables of scores from the warehouse to where people work: databases and folders."""
