"""The customer base measured: from the accepted tables to tables of measures, segments, cohorts and values.

`pipelines.business.book` is the door: everything that others read is given there.
"""
