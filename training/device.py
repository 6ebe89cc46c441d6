"""Where boosters are fitted: on a GPU where there is one."""

from __future__ import annotations

import ctypes

from training.errors import TrainingError

DEVICES = ("auto", "cpu", "cuda")


def resolve_device(device: str) -> str:
    """Turn ``auto`` into what this machine has.

    Parameters
    ----------
    device
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    str
        ``cpu`` or ``cuda``.

    Raises
    ------
    TrainingError
        If the device is unknown, or ``cuda`` is asked for where no GPU can be used: XGBoost would only warn.
    """
    if device not in DEVICES:
        raise TrainingError(f"device {device!r}", ", ".join(DEVICES), "choose one of them")
    if device == "cpu":
        return "cpu"
    if _built_for_cuda() and _gpus() > 0:
        return "cuda"
    if device == "cuda":
        raise TrainingError("device 'cuda' without a usable GPU", "auto or cpu on this machine", "set device: auto")
    return "cpu"


def _built_for_cuda() -> bool:
    import xgboost

    return bool(xgboost.build_info().get("USE_CUDA"))


def _gpus() -> int:
    """Count GPUs through the driver itself, which needs no further library."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int()
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
