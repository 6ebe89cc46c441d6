"""A customer taken out of everything that a project keeps: tables, files, runs; and kept out of later loads."""
