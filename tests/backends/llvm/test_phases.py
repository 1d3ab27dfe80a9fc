"""Phases: what each place sees of x, counted one by one."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from oxmlx.backends.llvm.phases import edge_of, phases_of
from oxmlx.ops.conv import ConvGeneral
from oxmlx.ops.window import Slide

small = st.integers(1, 4)
ends = st.integers(-3, 4)


@given(st.integers(1, 12), st.integers(1, 6), small, ends, ends, small, small)
def test_places_see_what_the_window_shows(
    size: int, window: int, stride: int, low: int, high: int, base: int, step: int
) -> None:
    slide = Slide(size, window, stride, low, high, base, step)
    assume(slide.places)
    prim = ConvGeneral((stride,), ((low, high),), (base,), (step,))
    phases = phases_of(prim, 0, size, window, slide.places)
    edge = edge_of(phases, size)
    found: dict[int, dict[int, int]] = {}
    for phase in phases:
        for k in range(phase.places):
            at = {q: i + k * phase.stride for q, i in zip(phase.taps, phase.at, strict=True)}
            found[phase.first + k * phase.step] = at
    assert sorted(found) == [*range(slide.places)]
    for p, seen in found.items():
        there = {q: p * stride + q * step - low for q in range(window)}
        assert seen == {q: at // base for q, at in there.items() if at % base == 0}
        assert all(-edge.low <= at < size + edge.high for at in seen.values())
