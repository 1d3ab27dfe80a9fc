"""Print jaxprs in JAX's syntax."""

from __future__ import annotations

from itertools import count

from oxmlx.ir.jaxpr import Atom, Eqn, Jaxpr, Literal, Var
from oxmlx.ir.primitive import show_param


class Names:
    """Variables named a, b, ..., z, ba, bb, ... in order of appearance."""

    def __init__(self) -> None:
        self.fresh, self.of = count(), dict[Var, str]()

    def __call__(self, a: Atom) -> str:
        if isinstance(a, Literal):
            return f"{a.value.item()!r}:{a.aval}"
        if a not in self.of:
            self.of[a] = letters(next(self.fresh))
        return self.of[a]

    def bind(self, v: Var) -> str:
        return f"{self(v)}:{v.aval}"


def letters(n: int) -> str:
    """0 -> a, 25 -> z, 26 -> ba: a number in base 26."""
    text = chr(97 + n % 26)
    while n := n // 26:
        text = chr(97 + n % 26) + text
    return text


def show_jaxpr(jaxpr: Jaxpr, indent: int = 0, source: bool = False) -> str:
    """The text of a program; `source` adds the user's file:line to each equation.

    Short programs without nested ones stay on one line when nested themselves.
    """
    names = Names()
    consts = " ".join(names.bind(v) for v in jaxpr.inputs[: jaxpr.consts])
    inputs = " ".join(names.bind(v) for v in jaxpr.inputs[jaxpr.consts :])
    head = f"{{ lambda {consts}; {inputs}. let" if consts else f"{{ lambda ; {inputs}. let"
    eqns = [show_eqn(e, names, indent + 4, source) for e in jaxpr.eqns]
    outs = ", ".join(map(names, jaxpr.outputs)) + ("," if len(jaxpr.outputs) == 1 else "")
    if indent and len(eqns) <= 1 and "\n" not in "".join(eqns) and not source:
        return f"{head} {''.join(eqns)} in ({outs}) }}".replace("let  in", "let in")
    pad = "\n" + " " * indent
    return head + "".join(f"{pad}    {e}" for e in eqns) + f"{pad}  in ({outs}) }}"


def show_eqn(eqn: Eqn, names: Names, indent: int, source: bool = False) -> str:
    """One equation, its nested programs indented below it."""
    prim = eqn.prim
    values = {f: getattr(prim, f) for f in prim.fields}
    ins = "".join(" " + names(a) for a in eqn.inputs)
    outs = " ".join(names.bind(v) for v in eqn.outputs)
    nested = any(contains_jaxpr(v) for v in values.values())
    if nested:
        pad = "\n" + " " * (indent + 2)
        shown = [f"{pad}{f}={show_field(v, indent + 2)}" for f, v in values.items()]
        params = f"[{''.join(shown)}\n{' ' * indent}]"
    else:
        params = str(prim)[len(prim.name) :]
    text = f"{outs} = {prim.name}{params}{ins}" if outs else f"{prim.name}{params}{ins}"
    return f"{text}  # {eqn.where.file}:{eqn.where.line}" if source and eqn.where else text


def contains_jaxpr(value: object) -> bool:
    """Whether a param is a program, or holds some."""
    return isinstance(value, Jaxpr) or (
        isinstance(value, tuple) and any(map(contains_jaxpr, value))
    )


def show_field(value: object, indent: int) -> str:
    """A param that may be a program, at some depth."""
    if isinstance(value, Jaxpr):
        return show_jaxpr(value, indent)
    if isinstance(value, tuple) and contains_jaxpr(value):
        pad = "\n" + " " * (indent + 2)
        return "(" + "".join(pad + show_field(v, indent + 2) for v in value) + f"\n{' ' * indent})"
    return show_param(value)


setattr(Jaxpr, "__repr__", show_jaxpr)  # noqa: B010  # so that the grammar stays free of layout
