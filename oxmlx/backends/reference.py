"""The reference backend: each primitive's `impl`, step by step; the oracle of the others."""

from __future__ import annotations

from oxmlx.backends.base import Executable
from oxmlx.config import config
from oxmlx.ir.cse import cse
from oxmlx.ir.dce import dce
from oxmlx.ir.evaluate import Steps
from oxmlx.ir.jaxpr import Jaxpr


class Reference:
    """NumPy, one equation after another."""

    kind = "reference"

    def count(self) -> int:
        return config.reference_devices

    def compile(self, jaxpr: Jaxpr) -> Executable:
        return Steps(cse(dce(jaxpr))).run
