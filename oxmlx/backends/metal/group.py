"""Kernels none of which waits for another, as one Metal function: a command is dear."""

from __future__ import annotations

from oxmlx.backends.metal.block import block_fields
from oxmlx.backends.metal.frame import frame
from oxmlx.backends.metal.render import Renderer, entry
from oxmlx.ir.kernel import Buffer
from oxmlx.ir.plan import Group


class Together:
    """The function of a group: the loops of its kernels, one after another.

    Its arguments are the inputs of the group but for those that it writes over, its outputs, and
    the block of their blocks.
    """

    def __init__(self, group: Group) -> None:
        first, *others = group.launches
        self.name = f"{entry(first.kernel)}_and_{len(others)}"
        over = group.over
        names = {v: f"x{k}" for k, v in enumerate(group.inputs) if v not in over.values()}
        names |= {v: f"y{k}" for k, v in enumerate(group.outputs)}
        names |= {x: names[y] for y, x in over.items()}
        self.renderers: list[Renderer] = []
        full = 0
        for n, launch in enumerate(group.launches):
            kernel = launch.kernel
            own: dict[Buffer, str] = {
                b: names[v] for b, v in zip(kernel.inputs, launch.inputs, strict=True)
            }
            own |= {b: names[v] for b, v in zip(kernel.outputs, launch.outputs, strict=True)}
            self.renderers.append(Renderer(kernel, own, f"prm.p{full}", str(n)))
            full += bool(block_fields(kernel))
        self.order = list(dict.fromkeys(names.values()))

    def text(self) -> str:
        """The text."""
        bodies = [line for r in self.renderers for line in r.body()]
        declared = {a.rpartition(" ")[2]: a for r in self.renderers for a in r.arrays()}
        full = [r for r in self.renderers if r.fields]
        structs = [r.struct(f"P{n}") for n, r in enumerate(full)]
        if structs:
            fields = "\n".join(f"  P{n} p{n};" for n in range(len(full)))
            structs.append(f"struct P {{\n{fields}\n}};")
        simd = any(r.by_group for r in self.renderers)
        return frame(self.name, [declared[name] for name in self.order], structs, bodies, simd)
