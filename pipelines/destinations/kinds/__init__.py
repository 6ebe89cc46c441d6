"""One file a kind of destination: its name is the kind, and its `Kind` is what it does."""
