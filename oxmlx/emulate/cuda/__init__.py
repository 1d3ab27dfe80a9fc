"""Run Metal compute kernels on an NVIDIA GPU: metalcompute's API, through NVRTC.

The same text, as C++ for CUDA, at full size and speed: `OXMLX_METAL=cuda` makes it the GPU of the
device metal. It wants Linux, NVIDIA's driver and NVRTC (`pip install nvidia-cuda-nvrtc`); there is
no other need, and nothing of it is loaded before it is used.

Of `oxmlx.emulate.mode` it heeds fast_math, lazy, threads_limit and groups. It checks nothing that
`oxmlx.emulate` checks: a race is a wrong result, an access out of bounds stops the GPU for the
process. Texts keep to kernels/README.md: no swizzles, no atomics but of int and uint.

`recorded` and `seconds` time kernels in the GPU's own memory; buffers are the host's.
"""

from oxmlx.emulate.cuda.chip import Chip, chip
from oxmlx.emulate.cuda.device import Device, get_devices
from oxmlx.emulate.cuda.dispatch import Job, recorded
from oxmlx.emulate.cuda.timing import copy_seconds, seconds
from oxmlx.emulate.device import DeviceInfo
from oxmlx.emulate.errors import EmulationError as error

__all__ = [
    "Chip",
    "Device",
    "DeviceInfo",
    "Job",
    "chip",
    "copy_seconds",
    "error",
    "get_devices",
    "recorded",
    "seconds",
]
