"""Compiling of loops over numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays on first use.

    The result is kept beside the code, or in the user's cache where that cannot be written, and made anew when the file
    of the function changes; where neither can be written, each process compiles for itself. A compiled function may
    therefore call only functions of its own file, holds no lock of Python's, and checks no place in an array.
    """
    options = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}
    try:
        made: Function = numba.njit(cache=True, **options)(function)
    except RuntimeError:
        made = numba.njit(**options)(function)
    return made
