"""oxmlx: composable transformations of array programs, in pure Python.

>>> import oxmlx as ox
>>> ox.vmap(ox.grad(lambda x: ox.numpy.sin(x) * x))(ox.numpy.arange(3.0))
array([0.        , 1.3817732 , 0.07700378], dtype=float32)

The map of the house, from the ground up (`make check` holds it to its layers):

    tree dtypes conversion config
    errors source code_cache emulate    GROUND      import nothing of ours
    ir                                  FOUNDATION  jaxpr and kernel languages, values, traces
    ops transforms control              MEANING     primitives with their rules; jvp, linearize,
                                                    transpose, vmap; scan, cond, while, call, ...
    compile backends                    MACHINE     fuse, schedule; reference, interpreter,
                                                    llvm (the device cpu), metal
    api array jit                       ROOF        what both wings meet in, and users call
    numpy lax nn optim io random
    debug testing doctor                GARDEN
"""

import importlib
from typing import TYPE_CHECKING, Any

from oxmlx import errors, tree, tree_util
from oxmlx.api.autodiff import grad, jvp, linearize, value_and_grad, vjp
from oxmlx.api.boundary import guard, guard_methods
from oxmlx.api.evaluation import block_until_ready, device_get, device_put, eval
from oxmlx.api.jacobian import hessian, jacfwd, jacobian, jacrev
from oxmlx.api.remat import checkpoint
from oxmlx.api.remat import policies as checkpoint_policies
from oxmlx.api.staging import ShapeDtypeStruct, eval_shape, make_jaxpr
from oxmlx.api.vectorize import vmap
from oxmlx.array import array, asarray, from_dlpack
from oxmlx.backends.base import register
from oxmlx.backends.llvm.backend import Cpu
from oxmlx.backends.metal.backend import Metal
from oxmlx.backends.reference import Reference
from oxmlx.config import Config, config
from oxmlx.control.callback import effects_barrier, io_callback, pure_callback
from oxmlx.control.custom import CustomFunction
from oxmlx.control.custom_jvp import custom_jvp
from oxmlx.control.custom_vjp import custom_vjp
from oxmlx.dtypes import (
    bfloat16,
    bool_,
    complex64,
    complex128,
    float0,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from oxmlx.ir.device import Device, default_backend, device_count, devices
from oxmlx.ir.device import use_device as default_device
from oxmlx.ir.value import Value as Array
from oxmlx.jit import jit
from oxmlx.ops.at import At
from oxmlx.ops.at import Reference as Elements
from oxmlx.ops.identity import stop_gradient

if TYPE_CHECKING:
    from oxmlx import debug, io, lax, nn, numpy, optim, random, testing

__all__ = [
    "Array",
    "Device",
    "ShapeDtypeStruct",
    "array",
    "asarray",
    "bfloat16",
    "block_until_ready",
    "bool_",
    "checkpoint",
    "checkpoint_policies",
    "complex128",
    "complex64",
    "config",
    "custom_jvp",
    "custom_vjp",
    "debug",
    "default_backend",
    "default_device",
    "device_count",
    "device_get",
    "device_put",
    "devices",
    "effects_barrier",
    "errors",
    "eval",
    "eval_shape",
    "float0",
    "float16",
    "float32",
    "float64",
    "from_dlpack",
    "grad",
    "hessian",
    "int16",
    "int32",
    "int64",
    "int8",
    "io",
    "io_callback",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "lax",
    "linearize",
    "make_jaxpr",
    "nn",
    "numpy",
    "optim",
    "pure_callback",
    "random",
    "remat",
    "stop_gradient",
    "testing",
    "tree",
    "tree_util",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "value_and_grad",
    "vjp",
    "vmap",
]
__version__ = "0.1.0"
remat = checkpoint
register(Cpu())
register(Metal())
register(Reference())
for _cls in (Array, At, Elements, Config, CustomFunction, custom_jvp, custom_vjp):
    guard_methods(_cls)
guard(__name__)
for _module in (tree, tree_util):
    guard(_module.__name__, hot=("flatten", "structure"))

GARDEN = ("debug", "io", "lax", "nn", "numpy", "optim", "random", "testing")


def __getattr__(name: str) -> Any:
    """Load a part of the garden when it is first asked for: most programs visit a few of them."""
    if name not in GARDEN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def _method(self: Array, name: str) -> Any:
    """An attribute that an array lacks may be one of the methods that `oxmlx.numpy` brings."""
    importlib.import_module("oxmlx.numpy")
    return object.__getattribute__(self, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


setattr(Array, "__getattr__", _method)  # noqa: B010
