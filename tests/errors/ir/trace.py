"""Refusals of oxmlx.ir.trace."""

from raise_coverage import Refusal

import oxmlx as ox
from oxmlx.errors import ArgumentError, DeviceError, DonatedError, LeakedTracerError
from oxmlx.ir.trace import bind
from oxmlx.ops.elementwise import ADD, NEG

KEPT = []
ox.jit(lambda x: KEPT.append(x) or x)(1.0)


def donated():
    x = ox.numpy.ones(2) * 1
    ox.jit(lambda x: x, donate_argnums=0)(x)
    return x + 1


def on_two_devices():
    with ox.config.context(reference_devices=2):
        a, b = (ox.device_put(1.0, f"reference:{k}") for k in (0, 1))
        return a + b


REFUSALS = [
    Refusal("a leaked tracer", lambda: KEPT[0] + 1, LeakedTracerError, "that has ended"),
    Refusal(
        "a leaked tracer in a program",
        lambda: ox.lax.scan(lambda c, x: (c, x), KEPT[0], None, 1),
        LeakedTracerError,
        "scan: Traced<f32[]> was made inside a transformation that has ended",
    ),
    Refusal(
        "a leaked tracer as a number",
        lambda: float(KEPT[0]),
        LeakedTracerError,
        "Traced<f32[]>: a Python float was asked of a value that was made inside a transformation "
        "that has ended (the one entered at ",
    ),
    Refusal(
        "a leaked tracer to evaluate",
        lambda: ox.eval({"a": KEPT[0]}),
        LeakedTracerError,
        "eval: Traced<f32[]> was made inside a transformation that has ended",
    ),
    Refusal(
        "a leaked tracer to differentiate by",
        lambda: ox.grad(lambda x: x)(KEPT[0]),
        LeakedTracerError,
        "grad: Traced<f32[]> was made inside a transformation that has ended",
    ),
    Refusal("a donated array", donated, DonatedError, "this array was donated to <lambda>"),
    Refusal("two devices", on_two_devices, DeviceError, "add: operands must be on one device"),
    Refusal("a string", lambda: bind(NEG, "x"), ArgumentError, "arrays or numbers, got str"),
    Refusal(
        "two strings", lambda: bind(ADD, "x", "y"), ArgumentError, "arrays or numbers, got str"
    ),
]
