"""The plan language: in what order a program runs, and for how long its buffers live.

plan ::= (atom ...) step ... -> (atom ...)
step ::= buffer ... = launch kernel buffer ...          a kernel of the device
       | variable ... = host primitive atom ...         no kernel: the primitive's meaning
       | free variable ...                              nobody reads it any more
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from oxmlx.ir.jaxpr import Atom, Eqn, Literal, Var
from oxmlx.ir.kernel import Expr, Kernel
from oxmlx.ir.pretty import letters
from oxmlx.ir.primitive import Primitive

Obstacle = Callable[[Primitive, Expr], str]
"""Why a backend has no code for a primitive whose element is this expression; nothing if it has."""


@dataclass(frozen=True, eq=False)
class Launch:
    """Run a kernel: `inputs` and `outputs` in the order of its own, whose buffers have the elements
    of these variables, though perhaps fewer axes."""

    kernel: Kernel
    inputs: tuple[Var, ...]
    outputs: tuple[Var, ...]


@dataclass(frozen=True, eq=False)
class Host:
    """Run the `impl` of an equation, and why that is so."""

    eqn: Eqn
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Free:
    """Give back the memory of variables."""

    variables: tuple[Var, ...]


Step: TypeAlias = Launch | Host | Free


@dataclass(frozen=True, eq=False)
class Plan:
    """A program as steps in order."""

    inputs: tuple[Var, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Atom, ...]

    def map(self, change: Callable[[Kernel], Kernel]) -> Plan:
        """The same steps with every kernel changed."""
        steps = [
            replace(s, kernel=change(s.kernel)) if isinstance(s, Launch) else s for s in self.steps
        ]
        return replace(self, steps=tuple(steps))

    @property
    def kernels(self) -> list[Kernel]:
        """What it launches, in order."""
        return [step.kernel for step in self.steps if isinstance(step, Launch)]

    @property
    def host_steps(self) -> list[Eqn]:
        """The equations that have no kernel."""
        return [step.eqn for step in self.steps if isinstance(step, Host)]

    def __str__(self) -> str:
        names: dict[Var, str] = {}

        def show(atoms: Sequence[Atom]) -> str:
            return " ".join(
                str(a.value) if isinstance(a, Literal) else names.setdefault(a, letters(len(names)))
                for a in atoms
            )

        lines = [f"plan ({show(self.inputs)})"]
        for step in self.steps:
            match step:
                case Launch(kernel, inputs, outputs):
                    reads = show(inputs)
                    lines.append(f"  {show(outputs)} = launch {kernel.name} {reads}")
                case Host(eqn, reason):
                    line = f"  {show(eqn.outputs)} = host {eqn.prim.name} {show(eqn.inputs)}"
                    lines.append(f"{line}  # {reason}" if reason else line)
                case Free(variables):
                    lines.append(f"  free {show(variables)}")
        return "\n".join([*lines, f"  -> ({show(self.outputs)})"])
