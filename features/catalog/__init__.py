"""One file a family; every signal declared here is found by itself."""
