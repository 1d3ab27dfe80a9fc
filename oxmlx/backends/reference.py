"""The reference backend: each primitive's `impl`, step by step; the oracle of the others."""

from __future__ import annotations

from oxmlx.backends.base import Backend
from oxmlx.config import config
from oxmlx.ir.evaluate import Executable, Steps, quiet
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.plan import Plan


class Reference(Backend):
    """NumPy, one equation after another."""

    kind = "reference"

    def count(self) -> int:
        return config.reference_devices

    def source(self, kernel: Kernel) -> str:
        return str(kernel)

    def load(self, plan: Plan) -> Executable:
        return quiet(Steps(Jaxpr(plan.inputs, plan.host_steps, plan.outputs)).run)
