"""A walk through the house: one small program, taken through every stage. python examples/tour.py

What is printed is what the real modules say; nothing here is drawn by hand.
"""

from __future__ import annotations

import argparse
import inspect
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from options import positive

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.backends import interpreter
from oxmlx.backends.metal.render import render
from oxmlx.compile.fuse import Fused, fuse
from oxmlx.ir.cse import cse
from oxmlx.ir.dce import dce
from oxmlx.ir.evaluate import evaluate_jaxpr
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.mapped import MappedAxis
from oxmlx.ir.rows import Rows, make_rows
from oxmlx.transforms.jvp import jvp_body
from oxmlx.transforms.linearize import partial_eval_body
from oxmlx.transforms.transpose import transpose_body
from oxmlx.transforms.vmap import vmap_body


def loss(w: Any, v: Any, x: Any, y: Any) -> Any:
    """The mean cross-entropy of a network with one hidden layer; y is one-hot."""
    scores = jnp.tanh(x @ w) @ v
    scores = scores - ox.stop_gradient(jnp.max(scores, axis=1, keepdims=True))
    total = jnp.log(jnp.sum(jnp.exp(scores), axis=1))
    return jnp.mean(total - jnp.sum(scores * y, axis=1))


def make_operands(batch: int, hidden: int, classes: int = 3) -> list[Any]:
    """w [4, hidden], v [hidden, classes], x [batch, 4], y [batch, classes]"""
    rng = np.random.default_rng(0)
    w, v, x = (rng.normal(size=s) for s in ((4, hidden), (hidden, classes), (batch, 4)))
    y = np.eye(classes)[rng.integers(0, classes, batch)]
    return [ox.array(a, dtype="float32") for a in (w, v, x, y)]


def chapter(number: int, title: str, text: str) -> None:
    """A heading and a paragraph."""
    print(f"\n\n{number}. {title}\n{'=' * (len(title) + 3)}\n\n{paragraph(text)}\n")


def paragraph(text: str) -> str:
    """Text filled to 80 columns."""
    return textwrap.fill(" ".join(text.split()), 80)


def show(text: object) -> None:
    """Something that the modules print, indented."""
    print(textwrap.indent(str(text), "    "))


def trace(operands: Sequence[Any]) -> Jaxpr:
    """Python to a jaxpr."""
    chapter(1, "A program", "The program of this walk is a plain function of arrays:")
    show(inspect.getsource(loss))
    chapter(
        2,
        "Tracing",
        """Called with tracers instead of arrays, it writes itself down: every operation ends in
        `bind(primitive, ...)`, and the trace that is current notes an equation. The language is
        `oxmlx.ir.jaxpr`. Types are inferred by each primitive's `abstract`; Python's numbers are
        literals; the function `loss` and its docstring are gone.""",
    )
    made = ox.make_jaxpr(loss)(*operands)
    show(made)
    print()
    where = made.eqns[1].where
    print(
        paragraph(
            f"An equation knows the line that made it: {Path(where.file).name}:{where.line} "
            "made the second one."
        )
    )
    return made.jaxpr


def differentiate(jaxpr: Jaxpr) -> Jaxpr:
    """jvp, linearize, transpose: the three steps of a gradient."""
    chapter(
        3,
        "jvp",
        """Forward mode interprets the program with pairs of a value and its tangent. Each primitive
        brings its rule, `jvp`. Here w and v move, x and y do not, and what does not move costs
        nothing: there is no equation with a zero in it.""",
    )
    both, _ = jvp_body(jaxpr, [True, True, False, False])
    show(both)
    chapter(
        4,
        "Linearize",
        """Reverse mode first cuts this program in two. What depends on tangents is unknown for now
        and is written down; the rest is run. The part that is left is linear in the tangents, its
        last two inputs; the inputs before them are the residuals, values that it needs of the
        first part.""",
    )
    split = partial_eval_body(both, [False] * 4 + [True] * 2)
    show(split.later)
    chapter(
        5,
        "Transpose",
        """A linear program can be run backwards, from the cotangent of its output to those of its
        inputs. Each linear primitive brings its `transpose`: that of a broadcast is a sum, that of
        a matrix product is a matrix product.""",
    )
    residuals = len(split.later.inputs) - 2
    backward, _ = transpose_body(split.later, [False] * residuals + [True] * 2, [True])
    show(backward)
    return backward


def batch(jaxpr: Jaxpr) -> Jaxpr:
    """vmap: one program for many."""
    chapter(
        6,
        "vmap",
        """Vectorising interprets the program with whole batches; each primitive's `vmap` says what
        it does about one more axis. Here five different w meet one v, x and y. What does not vary
        stays as it was: compare the equations with those of chapter 2.""",
    )
    batched, _ = vmap_body(jaxpr, MappedAxis(5), [True, False, False, False])
    show(batched)
    return batched


def simplify(operands: Sequence[Any]) -> tuple[Jaxpr, list[Any]]:
    """What transformations leave behind, swept up: the gradient that the rest of the walk uses, and
    the operands that it takes."""
    chapter(
        7,
        "Sweeping up",
        """`ox.grad` does chapters 3 to 5 in one go. Transformations go equation by equation and do
        not look around, so some of what they leave nobody reads, as the derivative of the maximum
        that `stop_gradient` hides; and some of it is there twice. Two passes over the jaxpr remove
        that: dce goes backwards from the outputs, cse forwards with a table. A derivative of the
        gradient, and the gradient, in equations:""",
    )

    def curvature(w: Any, v: Any, x: Any, y: Any) -> Any:
        weights = (w, v)
        return ox.jvp(lambda *weights: gradient(*weights, x, y), weights, weights)[1]

    gradient = ox.grad(loss, argnums=(0, 1))
    print("                  traced   after dce   after cse")
    for name, f in (("jvp of grad", curvature), ("grad", gradient)):
        traced = ox.make_jaxpr(f)(*operands)
        alive = dce(traced.jaxpr)
        small = cse(alive)
        counts = (len(jaxpr.eqns) for jaxpr in (traced, alive, small))
        print(f"    {name:12}  {{:6}}   {{:9}}   {{:9}}".format(*counts))
    print("\nWhat is left of the gradient:\n")
    show(small)
    return small, [*traced.consts, *operands]


def lower(jaxpr: Jaxpr) -> Fused:
    """A jaxpr to kernels."""
    chapter(
        8,
        "Kernels",
        """Now the other wing of the house. A primitive is lowered once: `lower(index, *operands)`
        says what one element of its result is, an operand being a function of an index. So fusing
        is composing functions, and `oxmlx.compile.fuse` decides by one rule, which looks at indices
        and at no operation's name, what is computed where it is used and what gets a buffer. Sizes
        are symbols, n0 and so on: the same kernels serve every shape.""",
    )
    fused = fuse(jaxpr)
    print(f"    {len(jaxpr.eqns)} equations, {len(fused.kernels)} kernels\n")
    for kernel in fused.kernels:
        show(f"{kernel}\n")
    return fused


def show_rows(rows: Rows) -> str:
    """The passes over a row, one a line."""
    lines = [f"for {', '.join(i.name for i in rows.kernel.grid) or 'the one point'}, in parallel:"]
    for step in rows.passes:
        does = [f"fold {fold.monoid}" for fold in step.folds]
        does += [f"store {store.buffer.name}" for store in step.stores]
        lines.append(f"  for {', '.join(i.name for i in step.loops)}: {', '.join(does)}")
    lines += [f"  store {store.buffer.name}" for store in rows.ends]
    return "\n".join(lines)


def print_metal(fused: Fused) -> str:
    """A kernel to rows to the text of a backend."""
    kernel = max(fused.kernels, key=lambda k: (len(make_rows(k).passes), len(k.nodes)))
    chapter(
        9,
        "Rows",
        f"""A backend asks how to walk over a kernel. Folds that need one another's results run one
        after the other, and what runs over the same loops runs together: the passes over a row.
        Those of `{kernel.name}`:""",
    )
    show(show_rows(make_rows(kernel)))
    chapter(
        10,
        "Metal",
        """A backend is a printer of the kernel language. This is the same kernel for an Apple GPU:
        a threadgroup takes a row, its threads meet at a barrier after each pass. Nothing here was
        run on a Mac; on this machine it is text.""",
    )
    text = render(kernel)
    show(text)
    return text


def run(jaxpr: Jaxpr, fused: Fused, operands: Sequence[Any]) -> float:
    """The kernels interpreted, beside each primitive's own meaning: the largest difference."""
    chapter(
        11,
        "Running",
        """What a kernel means is defined by an interpreter in numpy; what a primitive means, by its
        `impl`, in numpy too, which is what the reference backend runs. Two roads to the gradient,
        and they must meet:""",
    )
    buffers = [np.asarray(x) for x in operands]
    memory = dict(zip((fused.buffers[v] for v in jaxpr.inputs), buffers, strict=True))
    for kernel in fused.kernels:  # all of this program is kernels; no step is left to the host
        results = interpreter.run(kernel, *(memory[b] for b in kernel.inputs))
        memory.update(zip(kernel.outputs, results, strict=True))
    worst = 0.0
    meant = evaluate_jaxpr(jaxpr, buffers)
    for name, v, expected in zip(("w", "v"), jaxpr.outputs, meant, strict=True):
        difference = float(np.max(np.abs(memory[fused.buffers[v]] - expected)))
        worst = max(worst, difference)
        print(
            f"    ∂loss/∂{name}   largest element {np.max(np.abs(expected)):.6f}"
            f"   largest difference {difference:.1e}"
        )
    return worst


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument(
        "--batch", type=positive, default=8, help="the kernels stay the same, see chapter 8"
    )
    p.add_argument("--hidden", type=positive, default=6, help="units of the hidden layer")
    return p.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> float:
    """Walk, and return how far kernels and primitives were apart."""
    args = parse(argv)
    operands = make_operands(args.batch, args.hidden)
    jaxpr = trace(operands)
    differentiate(jaxpr)
    batch(jaxpr)
    gradient, operands = simplify(operands)
    fused = lower(gradient)
    print_metal(fused)
    return run(gradient, fused, operands)


if __name__ == "__main__":
    main()
