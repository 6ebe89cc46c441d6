"""How decided actions leave: through one table, each once, to files, webhooks and mail."""
