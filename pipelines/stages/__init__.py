"""One file a stage: file name = command = MLproject entry point = section of the configuration."""
