"""Derivatives inside derivatives, each checked: python examples/grad_composition.py

Hessian-vector products, Newton's method, learning to learn, the derivative of a fixed point, and a
gradient for each example. In float64, so that what is wrong shows.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from options import positive, seed
from tqdm import trange

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx import optim


class Check(NamedTuple):
    """Something computed, what it was compared with, and how far apart the two may be."""

    what: str
    against: str
    value: np.ndarray
    expected: np.ndarray
    tolerance: float

    @property
    def size(self) -> float:
        """The largest element that was expected."""
        return float(np.max(np.abs(self.expected)))

    @property
    def error(self) -> float:
        """The largest difference; relative to the size, if that is more than 1."""
        return float(np.max(np.abs(np.asarray(self.value) - self.expected))) / max(self.size, 1.0)

    @property
    def agrees(self) -> bool:
        """Is the difference as small as it must be?"""
        return self.error <= self.tolerance


def f64(x: Any) -> Any:
    """An array of float64, the precision of all that follows."""
    return ox.array(np.asarray(x), dtype="float64")


def norm(x: Any) -> Any:
    """√(Σ x²)"""
    return jnp.sqrt(jnp.vdot(x, x))


def central_difference(f: Callable[[Any], Any], x: Any, dx: Any, step: float) -> np.ndarray:
    """The derivative of f at x along dx without any calculus: f twice, and a difference."""
    ahead, behind = (f(ox.tree.map(lambda a, b, s=s: a + s * b, x, dx)) for s in (step, -step))
    return (np.asarray(ahead) - np.asarray(behind)) / (2 * step)


# Hessian-vector products


def rosenbrock(x: Any) -> Any:
    """Σ 100 (xₖ₊₁ - xₖ²)² + (1 - xₖ)², a curved valley."""
    return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_hessian(x: np.ndarray) -> np.ndarray:
    """The same differentiated twice, by hand."""
    diagonal = np.zeros_like(x)
    diagonal[:-1] += 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    diagonal[1:] += 200
    beside = -400 * x[:-1]
    return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)


def hvp(f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    """The Hessian of f at x times v, for the price of some gradients: no matrix is made."""
    return ox.jvp(ox.grad(f), (x,), (v,))[1]


def hessian_vector_products(seed: int) -> list[Check]:
    """H v in three ways, then the third derivative: jvp of jvp of grad."""
    rng = np.random.default_rng(seed)
    x, v = f64(rng.normal(size=8)), f64(rng.normal(size=8))
    by_hand = rosenbrock_hessian(np.asarray(x)) @ np.asarray(v)
    backwards = ox.grad(lambda x: jnp.vdot(ox.grad(rosenbrock)(x), v))(x)
    third = ox.jvp(lambda x: hvp(rosenbrock, x, v), (x,), (v,))[1]
    difference = central_difference(lambda x: hvp(rosenbrock, x, v), x, v, 1e-4)
    return [
        Check("jvp of grad: H v", "by hand", hvp(rosenbrock, x, v), by_hand, 1e-12),
        Check("grad of grad · v: H v", "by hand", backwards, by_hand, 1e-12),
        Check("hessian(f) @ v: H v", "by hand", ox.hessian(rosenbrock)(x) @ v, by_hand, 1e-12),
        Check("jvp of jvp of grad: D³f[v, v]", "difference of H v", third, difference, 1e-8),
    ]


# Newton's method


def conjugate_gradients(times: Callable[[Any], Any], b: Any) -> Any:
    """Solve A x = b, knowing of the positive definite A only how to multiply by it."""

    def step(_: Any, state: Any) -> Any:
        x, r, p = state
        ap = times(p)
        rr = jnp.vdot(r, r)
        # Once r is zero there is nothing left to do, and 0 / 0 to avoid.
        along = rr / jnp.maximum(jnp.vdot(p, ap), 1e-300)
        after = r - along * ap
        turn = jnp.vdot(after, after) / jnp.maximum(rr, 1e-300)
        return x + along * p, after, after + turn * p

    return ox.lax.fori_loop(0, b.size, step, (jnp.zeros_like(b), b, b))[0]


def newton(seed: int) -> list[Check]:
    """Logistic regression: each step solves H d = g with products H v alone."""
    rng = np.random.default_rng(seed)
    x, ridge = rng.normal(size=(200, 5)), 0.1
    y = (rng.random(200) < 1 / (1 + np.exp(-x @ rng.normal(size=5)))).astype(np.float64)
    inputs, labels = f64(x), f64(y)

    def loss(w: Any) -> Any:
        scores = inputs @ w
        return jnp.sum(jnp.logaddexp(0.0, scores) - labels * scores) + 0.5 * ridge * jnp.vdot(w, w)

    @ox.jit
    def step(w: Any) -> Any:
        value, gradient = ox.value_and_grad(loss)(w)
        return w - conjugate_gradients(lambda v: hvp(loss, w, v), gradient), value, gradient

    w, dense = jnp.zeros(5, "float64"), np.zeros(5)
    print("\n  step    loss               |gradient|")
    for k in range(7):
        new, value, gradient = step(w)
        print(f"  {k:4}    {float(value):.14f}  {float(norm(gradient)):.2e}")
        p = 1 / (1 + np.exp(-x @ dense))
        matrix = x.T @ (x * (p * (1 - p))[:, None]) + ridge * np.eye(5)
        dense = dense - np.linalg.solve(matrix, x.T @ (p - y) + ridge * dense)
        w = new
    return [
        Check("Newton with H v: the minimum", "numpy, with the matrix", w, dense, 1e-12),
        Check("the gradient there", "0", np.asarray(ox.grad(loss)(w)), np.zeros(5), 1e-11),
    ]


# Learning to learn


def predict(weights: Any, x: Any) -> Any:
    """A network of one input and one output."""
    *hidden, (w, b) = weights
    for v, c in hidden:
        x = jnp.tanh(x @ v + c)
    return x @ w + b


def error(weights: Any, task: Any) -> Any:
    """The mean square error on one task, which is a pair of inputs and outputs."""
    x, y = task
    return jnp.mean((predict(weights, x) - y) ** 2)


def adapt(weights: Any, task: Any, steps: int = 2, rate: float = 0.05) -> Any:
    """Learn a task by some steps of gradient descent."""
    for _ in range(steps):
        gradient = ox.grad(error)(weights, task)
        weights = ox.tree.map(lambda w, g: w - rate * g, weights, gradient)
    return weights


def after_adapting(weights: Any, tasks: Any) -> Any:
    """The mean error after learning each task from its first half, on its second half."""

    def one(x: Any, y: Any) -> Any:
        half = x.shape[0] // 2
        return error(adapt(weights, (x[:half], y[:half])), (x[half:], y[half:]))

    return jnp.mean(ox.vmap(one)(*tasks))


def sine_tasks(rng: np.random.Generator, count: int) -> Any:
    """Waves of several heights and phases, 20 points of each."""
    height, phase = rng.uniform(0.5, 2, (count, 1, 1)), rng.uniform(0, np.pi, (count, 1, 1))
    x = rng.uniform(-3, 3, (count, 20, 1))
    return f64(x), f64(height * np.sin(x + phase))


def meta_train(rng: np.random.Generator, steps: int, quiet: bool) -> tuple[Any, Any]:
    """MAML: weights at random, and the weights from which tasks are learnt in a few steps."""
    sizes = [(1, 24), (24, 24), (24, 1)]
    start = [(f64(rng.normal(size=s) / np.sqrt(s[0])), f64(np.zeros(s[1]))) for s in sizes]
    optimizer = optim.adam(1e-2)

    @ox.jit
    def meta_step(weights: Any, state: Any, tasks: Any) -> Any:
        gradient = ox.grad(after_adapting)(weights, tasks)
        updates, state = optimizer.update(gradient, state, weights)
        return optim.apply_updates(weights, updates), state

    weights, state = start, optimizer.init(start)
    for _ in trange(steps, desc="meta-learning", unit="step", disable=quiet):
        weights, state = meta_step(weights, state, sine_tasks(rng, 10))
    return start, weights


def learning_to_learn(seed: int, steps: int, quiet: bool) -> list[Check]:
    """The gradient of what gradient descent arrives at: a gradient through gradients."""
    rng = np.random.default_rng(seed)
    start, weights = meta_train(rng, steps, quiet)
    unseen = sine_tasks(rng, 100)
    print("\n  mean error on 100 unseen tasks       before adapting   after 2 steps")
    for name, w in (("random weights", start), ("meta-learned weights", weights)):
        plain = jnp.mean(ox.vmap(lambda x, y, w=w: error(w, (x, y)))(*unseen))
        print(f"  {name:36} {float(plain):15.4f} {float(after_adapting(w, unseen)):15.4f}")
    direction = ox.tree.map(lambda w: f64(rng.normal(size=w.shape)), start)
    gradient = ox.grad(after_adapting)(start, unseen)
    pairs = zip(ox.tree.leaves(gradient), ox.tree.leaves(direction), strict=True)
    along = sum(float(jnp.vdot(g, d)) for g, d in pairs)
    difference = central_difference(lambda w: after_adapting(w, unseen), start, direction, 1e-5)
    return [Check("gradient through 2 gradients", "difference", np.array(along), difference, 1e-7)]


# The derivative of a fixed point


@functools.partial(ox.custom_vjp, nondiff_argnums=(0,))
def fixed_point(f: Callable[[Any, Any], Any], a: Any, guess: Any) -> Any:
    """The x with x = f(a, x), by iteration until nothing moves."""

    def moves(state: Any) -> Any:
        before, x = state
        return jnp.max(jnp.abs(x - before)) > 1e-15

    return ox.lax.while_loop(moves, lambda s: (s[1], f(a, s[1])), (guess, f(a, guess)))[1]


def fixed_point_fwd(f: Callable[[Any, Any], Any], a: Any, guess: Any) -> Any:
    x = fixed_point(f, a, guess)
    return x, (a, x)


def fixed_point_bwd(f: Callable[[Any, Any], Any], residuals: Any, ct: Any) -> Any:
    """By the implicit function theorem: u = ct + u ∂f/∂x, itself a fixed point; then u ∂f/∂a."""
    a, x = residuals

    def backwards(given: Any, u: Any) -> Any:
        a, x, ct = given
        return ct + ox.vjp(lambda x: f(a, x), x)[1](u)[0]

    u = fixed_point(backwards, (a, x, ct), ct)
    return ox.vjp(lambda a: f(a, x), a)[1](u)[0], jnp.zeros_like(x)


fixed_point.defvjp(fixed_point_fwd, fixed_point_bwd)


def implicit_differentiation(seed: int) -> list[Check]:
    """How the state at which a recurrent network settles depends on what drives it."""
    rng = np.random.default_rng(seed)
    n = 6
    matrix = rng.normal(size=(n, n))
    matrix *= 0.8 / np.linalg.norm(matrix, 2)
    weights = rng.normal(size=n)
    w, weigh, drive = f64(matrix), f64(weights), f64(rng.normal(size=n))

    def settled(b: Any) -> Any:
        return fixed_point(lambda b, x: jnp.tanh(w @ x + b), b, jnp.zeros_like(b))

    def score(b: Any) -> Any:
        return jnp.vdot(weigh, settled(b))

    x = np.asarray(settled(drive))
    slope = 1 - x**2  # of tanh, where it has settled
    jacobian = np.linalg.solve(np.eye(n) - slope[:, None] * matrix, np.diag(slope))
    v = f64(rng.normal(size=n))
    # Reverse over reverse: a custom_vjp has no forward mode.
    second = ox.grad(lambda b: jnp.vdot(ox.grad(score)(b), v))(drive)
    many = f64(rng.normal(size=(4, n)))
    rows = np.stack([np.asarray(ox.grad(score)(b)) for b in many])
    return [
        Check("x = tanh(W x + b)", "tanh of it", x, np.tanh(matrix @ x + np.asarray(drive)), 1e-14),
        Check("grad", "the linear system", ox.grad(score)(drive), weights @ jacobian, 1e-12),
        Check("jacrev", "the linear system", ox.jacrev(settled)(drive), jacobian, 1e-12),
        Check(
            "grad of grad · v",
            "difference of grad",
            second,
            central_difference(ox.grad(score), drive, v, 1e-5),
            1e-7,
        ),
        Check("vmap of grad", "one by one", ox.vmap(ox.grad(score))(many), rows, 1e-12),
    ]


# A gradient for each example


def per_example_gradients(seed: int) -> list[Check]:
    """vmap of grad: what a batch sums up, before the sum; clipped, it tells little of anyone."""
    rng = np.random.default_rng(seed)
    x, y, w = rng.normal(size=(32, 5)), rng.normal(size=32), rng.normal(size=5)
    inputs, targets, weights = f64(x), f64(y), f64(w)

    def loss(w: Any, x: Any, y: Any) -> Any:
        return 0.5 * (jnp.vdot(w, x) - y) ** 2

    def clipped(w: Any, x: Any, y: Any, limit: float = 1.0) -> Any:
        gradient = ox.grad(loss)(w, x, y)
        return gradient * jnp.minimum(1.0, limit / norm(gradient))

    every = ox.jit(ox.vmap(ox.grad(loss), in_axes=(None, 0, 0)))(weights, inputs, targets)
    by_hand = (x @ w - y)[:, None] * x
    whole = ox.grad(lambda w: jnp.sum(ox.vmap(loss, (None, 0, 0))(w, inputs, targets)))(weights)
    mean = jnp.mean(ox.vmap(clipped, (None, 0, 0))(weights, inputs, targets), axis=0)
    norms = np.linalg.norm(by_hand, axis=1, keepdims=True)
    print(f"\n  norms of 32 gradients: {norms.min():.3f} to {norms.max():.3f}; clipped at 1")
    return [
        Check("vmap of grad", "(w · x - y) x", every, by_hand, 1e-13),
        Check("its sum", "grad of the batch", jnp.sum(every, axis=0), np.asarray(whole), 1e-12),
        Check(
            "mean of clipped gradients",
            "numpy",
            mean,
            (by_hand * np.minimum(1, 1 / norms)).mean(axis=0),
            1e-13,
        ),
    ]


def table(checks: Sequence[Check]) -> str:
    """What was computed, against what, and how well they agree."""
    rows = [
        (c.what, c.against, f"{c.size:.3g}", f"{c.error:.1e}", "yes" if c.agrees else "NO")
        for c in checks
    ]
    head = ("computed", "checked against", "size", "difference", "agrees")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in (head, *rows)
    ]
    return "\n".join(f"  {line.rstrip()}" for line in (lines[0], "-" * len(lines[0]), *lines[1:]))


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--seed", type=seed, default=0, help="of all random numbers")
    p.add_argument("--meta-steps", type=positive, default=300, help="of learning to learn")
    p.add_argument("--quiet", action="store_true", help="no progress bar")
    return p.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> list[Check]:
    """Run every part, and return all that was checked."""
    args = parse(argv)
    parts: dict[str, Callable[[], list[Check]]] = {
        "Hessian-vector products": lambda: hessian_vector_products(args.seed),
        "Newton's method": lambda: newton(args.seed),
        "Learning to learn": lambda: learning_to_learn(args.seed, args.meta_steps, args.quiet),
        "The derivative of a fixed point": lambda: implicit_differentiation(args.seed),
        "A gradient for each example": lambda: per_example_gradients(args.seed),
    }
    every: list[Check] = []
    for title, part in parts.items():
        print(f"\n{title}")
        checks = part()
        print(f"\n{table(checks)}")
        every += checks
    return every


if __name__ == "__main__":
    main()
