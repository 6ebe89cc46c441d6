"""Keeps quiet what the solver writes to the terminal in spite of its options."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STDOUT = 1


@contextmanager
def silenced() -> Iterator[None]:
    """Let nothing that C code prints reach the standard output; HiGHS prints some of its doubts past its own log.

    Without a standard output of the system, and elsewhere than on POSIX, nothing is done.
    """
    if os.name != "posix" or not _is_open(STDOUT):
        yield
        return
    sys.stdout.flush()
    kept, nowhere = os.dup(STDOUT), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDOUT)
    try:
        yield
    finally:
        # What C has in its buffer would come out later.
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, STDOUT)
        os.close(nowhere)
        os.close(kept)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
