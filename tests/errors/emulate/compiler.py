"""Refusals of oxmlx.emulate.compiler."""

from raise_coverage import Refusal

from oxmlx.emulate import TextError, prepare, typecheck

POINTER = "kernel void f(device float* x [[buffer(0)]]) { thread float* p = x; p[0] = 1; }"

REFUSALS = [
    Refusal(
        "pointer of another space",
        lambda: typecheck(POINTER),
        TextError,
        "cannot initialize a variable of type 'float *' with an lvalue of type 'device float *'",
    ),
    Refusal(
        "unknown name",
        lambda: prepare(["\nkernel void f(device float* x [[buffer(0)]]) { x[0] = erf(1.0); }"]),
        TextError,
        "Metal text: program_source:2:55: error: use of undeclared identifier 'erf'",
    ),
]
