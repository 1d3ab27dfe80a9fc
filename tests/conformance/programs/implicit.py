"""A fixed point with an implicit derivative, by custom_vjp: the solver is not differentiated."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax, random


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def fixed_point(f, a, x_guess):
    def cond_fun(carry):
        x_prev, x = carry
        return jnp.max(jnp.abs(x_prev - x)) > 1e-6

    def body_fun(carry):
        _, x = carry
        return x, f(a, x)

    _, x_star = lax.while_loop(cond_fun, body_fun, (x_guess, f(a, x_guess)))
    return x_star


def fixed_point_fwd(f, a, x_init):
    x_star = fixed_point(f, a, x_init)
    return x_star, (a, x_star)


def fixed_point_rev(f, res, x_star_bar):
    a, x_star = res
    _, vjp_a = jax.vjp(lambda a: f(a, x_star), a)
    (a_bar,) = vjp_a(fixed_point(partial(rev_iter, f), (a, x_star, x_star_bar), x_star_bar))
    return a_bar, jnp.zeros_like(x_star)


def rev_iter(f, packed, u):
    a, x_star, x_star_bar = packed
    _, vjp_x = jax.vjp(lambda x: f(a, x), x_star)
    return x_star_bar + vjp_x(u)[0]


fixed_point.defvjp(fixed_point_fwd, fixed_point_rev)


def main():
    w = random.normal(random.key(9), (4, 4)) * 0.3
    f = lambda a, x: jnp.tanh(w @ x + a)
    a = jnp.arange(4.0) / 4
    solve = lambda a: jnp.sum(fixed_point(f, a, jnp.zeros(4)) ** 2)
    newton_sqrt = lambda a: fixed_point(lambda a, x: 0.5 * (x + a / x), a, a)
    return {
        "value": solve(a),
        "gradient": jax.grad(solve)(a),
        "jit": jax.jit(jax.grad(solve))(a),
        "sqrt": newton_sqrt(2.0),
        "dsqrt": jax.grad(newton_sqrt)(2.0),
        "d2sqrt": jax.grad(jax.grad(newton_sqrt))(2.0),
    }
