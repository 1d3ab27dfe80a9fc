"""oxmlx: composable transformations of array programs in pure Python."""

from oxmlx import debug, io, lax, optim, tree, tree_util
from oxmlx.api.autodiff import grad, jvp, linearize, value_and_grad, vjp
from oxmlx.api.evaluation import block_until_ready, device_get, device_put, eval
from oxmlx.api.jacobian import hessian, jacfwd, jacrev
from oxmlx.api.remat import checkpoint
from oxmlx.api.remat import policies as checkpoint_policies
from oxmlx.api.staging import ShapeDtypeStruct, eval_shape, make_jaxpr
from oxmlx.api.vectorize import vmap
from oxmlx.backends.base import register
from oxmlx.backends.reference import Reference
from oxmlx.config import config
from oxmlx.control.custom import custom_jvp, custom_vjp
from oxmlx.ir.device import devices
from oxmlx.ir.device import use_device as default_device
from oxmlx.ir.value import Value as Array
from oxmlx.jit import jit
from oxmlx.ops import operators, subscript

register(Reference())
