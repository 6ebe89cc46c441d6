"""How a model is made: arrays and frames in, a fitted model out."""

import os

# Threads that wait by spinning make fits up to a hundred times slower as soon as anything else runs on the machine.
# OpenMP reads this when it is first loaded, hence before XGBoost and scikit-learn are.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
