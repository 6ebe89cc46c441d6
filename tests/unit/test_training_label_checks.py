"""Labels from which nothing can be learnt are refused in words that fit the table."""

import numpy as np
import pytest

from training.errors import TrainingError
from training.selection import check_labels


@pytest.mark.parametrize(
    ("has_cutoffs", "advice"), [(True, "earlier cutoffs"), (False, "bring more customers who left")]
)
def test_too_few_leavers(has_cutoffs, advice):
    with pytest.raises(TrainingError, match=f"^3 customers who left in 1,200 training rows(?s:.*){advice}"):
        check_labels(np.repeat([1, 0], [3, 1197]), 50, has_cutoffs=has_cutoffs)


@pytest.mark.parametrize(("has_cutoffs", "advice"), [(True, "the cutoffs"), (False, "bring both kinds of rows")])
def test_one_class(has_cutoffs, advice):
    with pytest.raises(TrainingError, match=f"one class only(?s:.*){advice}"):
        check_labels(np.zeros(100), 50, has_cutoffs=has_cutoffs)
