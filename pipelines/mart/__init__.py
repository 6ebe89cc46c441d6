"""The mart: wide, documented tables for the dashboard and for BI tools, in a file of their own."""
