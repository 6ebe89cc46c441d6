"""How a model is made: arrays and frames in, a fitted model out."""
