"""oxmlx: composable transformations of array programs, in pure Python.

>>> import oxmlx as ox
>>> ox.vmap(ox.grad(lambda x: ox.numpy.sin(x) * x))(ox.numpy.arange(3.0))
array([0.       , 1.3817732, 0.0770037], dtype=float32)

The map of the house, from the ground up (`make check` holds it to its layers):

    tree dtypes config errors source    GROUND      import nothing of ours
    ir                                  FOUNDATION  jaxpr and kernel languages, values, traces
    ops transforms control              MEANING     primitives with their rules; jvp, linearize,
                                                    transpose, vmap; scan, cond, while, call, ...
    compile backends                    MACHINE     fuse; reference, interpreter, metal
    api array jit                       ROOF        what both wings meet in, and users call
    numpy lax nn optim io random debug testing      GARDEN
"""

from oxmlx import debug, io, lax, nn, numpy, optim, random, tree, tree_util
from oxmlx.api.autodiff import grad, jvp, linearize, value_and_grad, vjp
from oxmlx.api.boundary import guard, guard_methods
from oxmlx.api.evaluation import block_until_ready, device_get, device_put, eval
from oxmlx.api.jacobian import hessian, jacfwd, jacrev
from oxmlx.api.remat import checkpoint
from oxmlx.api.remat import policies as checkpoint_policies
from oxmlx.api.staging import ShapeDtypeStruct, eval_shape, make_jaxpr
from oxmlx.api.vectorize import vmap
from oxmlx.array import array, asarray, from_dlpack
from oxmlx.backends.base import register
from oxmlx.backends.reference import Reference
from oxmlx.config import config
from oxmlx.control.callback import effects_barrier, io_callback, pure_callback
from oxmlx.control.custom import custom_jvp, custom_vjp
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
from oxmlx.ir.device import Device, devices
from oxmlx.ir.device import use_device as default_device
from oxmlx.ir.value import Value as Array
from oxmlx.jit import jit
from oxmlx.ops.identity import stop_gradient

__version__ = "0.1.0"
remat = checkpoint
register(Reference())
for _namespace in (io, lax, nn, numpy, optim, random):
    guard(_namespace)
guard_methods(Array)
