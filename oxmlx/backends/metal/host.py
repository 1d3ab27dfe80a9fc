"""Single whole numbers in a group, such as counts of steps: the host has them sooner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmlx.backends.interpreter import Interpreted
from oxmlx.backends.metal.gpu import gpu
from oxmlx.backends.runner import Launchable
from oxmlx.ir.plan import Group


class BesideHost:
    """A group made ready, of which the host does the counts.

    Args:
        group: all of it.
        rest: runs the launches that are for the device, if there are any.
    """

    def __init__(self, group: Group, rest: Launchable | None = None) -> None:
        self.gpu, self.rest = gpu(), rest
        place, self.results = group.outputs.index, len(group.outputs)
        reads = dict.fromkeys(v for launch in group.rest for v in launch.inputs)
        self.ins = [*map(group.inputs.index, reads)]
        self.outs = [place(v) for launch in group.rest for v in launch.outputs]
        self.counts: list[tuple[Launchable, list[int], list[int]]] = []
        for launch in group.counts:
            run = Interpreted(launch.kernel, [v.aval.shape for v in launch.outputs])
            ins = [*map(group.inputs.index, launch.inputs)]
            self.counts.append((run, ins, [*map(place, launch.outputs)]))

    def __call__(self, inputs: Sequence[Any]) -> list[NDArray[Any]]:
        """The outputs, in memory of the device. A list is used up, so that the rest may be written
        over its arrays."""
        results: list[Any] = [None] * self.results
        for run, ins, outs in self.counts:
            for k, x in zip(outs, run([np.asarray(inputs[k]) for k in ins]), strict=True):
                results[k] = self.gpu.empty(x.shape, x.dtype)
                results[k][...] = x
        if self.rest:
            rest = [inputs[k] for k in self.ins]
            if isinstance(inputs, list):
                inputs.clear()
            for k, x in zip(self.outs, self.rest(rest), strict=True):
                results[k] = x
        return results
