"""Loops over boxes, whose elements are loaded ahead: the memory is far."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from oxmlx.backends.metal.elements import Elements
from oxmlx.backends.metal.scalars import ATOM, register_type
from oxmlx.ir.kernel import Expr, Index, Load, Loop, nodes

AHEAD = 4
"""Elements of each array that a thread loads before it needs the first."""
MOST_AHEAD = 8  # arrays of which it does so, for these elements are registers


class Sweeps(Elements):
    """Loops in which threads meet the elements of a box."""

    def name_of(self, loops: Sequence[Index], flat: str) -> str:
        """What the place in a box is called: by the index, if it has but one."""
        return loops[0].name if len(loops) == 1 else flat

    def count_of(self, loops: Sequence[Index]) -> str:
        """The points of a box."""
        return " * ".join(self.size(i.extent) for i in loops) or "1"

    def indices(self, loops: Sequence[Index], flat: str, body: str) -> None:
        """Of a box of several indices, row-major, those that `body` mentions."""
        rest = flat
        for k in reversed(range(len(loops) if len(loops) > 1 else 0)):
            n = self.size(loops[k].extent)
            if re.search(rf"\b{loops[k].name}\b", body):
                self.line(f"int {loops[k].name} = {rest}{f' % {n}' if k else ''};")
            rest = f"{rest} / {n}"

    def sweep(
        self,
        loops: Sequence[Index],
        flat: str,
        steps: tuple[str, str],
        elements: Sequence[Expr],
        finish: Callable[[], None],
        stop: str = "",
    ) -> None:
        """A loop over a box.

        Args:
            loops: the indices of the box.
            flat: what the place in it is called, if they are several.
            steps: where a thread begins, and how far apart its elements are.
            elements: what is computed of each.
            finish: writes what is done with it.
            stop: where the loop ends, if not at the end of the box.
        """
        first, step = steps
        name, stop = self.name_of(loops, flat), stop or self.count_of(loops)
        inside = "inside && " * self.by_column
        early = self.early(elements, (self.kernel.grid if self.by_column else loops)[-1:])

        def use() -> None:
            self.emit(*elements)
            finish()

        if early and step != "1":
            step = step if step.isidentifier() else f"({step})"
            self.open(f"for (int at = {first}; {inside}at < {stop}; at += {AHEAD} * {step})")
            self.ahead(loops, flat, (step, stop), early, use)
        else:
            move = f"{name}++" if step == "1" else f"{name} += {step}"
            self.open(f"for (int {name} = {first}; {inside}{name} < {stop}; {move})")
            self.block(loops, flat, use)
        self.close()

    def ahead(
        self,
        loops: Sequence[Index],
        flat: str,
        bounds: tuple[str, str],
        early: Sequence[Load],
        use: Callable[[], None],
    ) -> None:
        """A few steps at once: a thread loads the elements of arrays for all, then it uses them."""
        step, stop = bounds
        names = {e: self.fresh("v") for e in early}
        for e, name in names.items():
            self.line(f"{register_type(e.dtype)} {name}[{AHEAD}];")

        def load() -> None:
            self.emit(*(i for e in early for i in e.index))
            for e, name in names.items():
                self.line(f"{name}[u] = {self.spell(e)[0]};")

        def use_loaded() -> None:
            self.known |= {e: (f"{name}[u]", ATOM) for e, name in names.items()}
            use()

        place = self.name_of(loops, flat)
        for write in (load, use_loaded):
            self.lines.append("#pragma unroll")
            self.open(f"for (uint u = 0; u < {AHEAD}; u++)")
            self.line(f"int {place} = at + u * {step};")
            self.open(f"if ({place} < {stop})")
            self.block(loops, flat, write)
            self.close()
            self.close()

    def early(self, elements: Sequence[Expr], lane: Sequence[Index]) -> list[Load]:
        """The elements of arrays to load before anything else, unless they are many: of those that
        lie next to those of the next thread, for others are better read in order."""
        found = [
            e
            for e in nodes(*elements, kids=self.needs)
            if isinstance(e, Load) and e not in self.known and e not in self.guarded
            if not any(isinstance(i, (Load, Loop)) for i in nodes(*e.index))
            if e.index[-1:] == (*lane,) or e.free.isdisjoint(lane)
        ]
        return found if len(found) <= MOST_AHEAD else []

    def block(self, loops: Sequence[Index], flat: str, write: Callable[[], None]) -> None:
        """What `write` writes of a point of a box, behind the indices that it mentions."""
        before, self.lines = self.lines, []
        outer = self.enter(loops)
        write()
        self.leave(outer)
        body, self.lines = self.lines, before
        self.indices(loops, flat, "\n".join(body))
        self.lines += body
