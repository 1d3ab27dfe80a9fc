"""Convolutions, in any layout."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from oxmlx.errors import ArgumentError
from oxmlx.lax.arguments import Array, ArrayLike, arrays, check, ints, value
from oxmlx.lax.conv_dimensions import (
    Padding,
    axes_of_operands,
    check_operands,
    conv_transpose_pads,
    dilated_shape,
    pads_of,
)
from oxmlx.lax.dots import accumulated, check_precision, dot_general
from oxmlx.ops.axes import broadcast
from oxmlx.ops.conv import ConvGeneral
from oxmlx.ops.convert import cast
from oxmlx.ops.logic import eq
from oxmlx.ops.shape import inverse, reshape, transpose
from oxmlx.ops.slicing import iota, reverse

INT32 = np.dtype(np.int32)

LAYOUTS = {
    2: ("NC", "IO", "NC"),
    3: ("NHC", "HIO", "NHC"),
    4: ("NHWC", "HWIO", "NHWC"),
    5: ("NHWDC", "HWDIO", "NHWDC"),
}
"""What `conv_transpose` takes axes to be unless it is told."""


def conv_general_dilated(
    lhs: ArrayLike,
    rhs: ArrayLike,
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Any = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """The convolution (no flipping: a correlation) of a batch with kernels.

    Args:
        lhs: the batch: its axes are batch, features, spatial… unless `dimension_numbers` says.
        rhs: the kernels: output features, input features, spatial…
        window_strides: how far the window moves along each spatial axis.
        padding: "SAME", "SAME_LOWER", "VALID", or (low, high) zeros for each spatial axis; a
            negative number cuts off.
        lhs_dilation: the distance of the elements of the batch, zeros between.
        rhs_dilation: the distance of the elements of the window.
        dimension_numbers: which axis is which, see `conv_dimension_numbers`.
        feature_group_count: into how many parts features fall, each output seeing its own part.
        batch_group_count: into how many parts batch and output features fall.
        precision: for JAX programs; products are exact.
        preferred_element_type: the dtype to compute in and to return.

    Raises:
        ShapeError: ranks, features, groups or params that do not fit.
        DtypeError: operands of two dtypes.
        ArgumentError: padding or dimension numbers that mean nothing.

    >>> import oxmlx as ox
    >>> x, w = ox.array([[[1.0, 2.0, 3.0, 4.0]]]), ox.array([[[1.0, 10.0]]])
    >>> ox.lax.conv_general_dilated(x, w, (1,), "VALID")
    array([[[21., 32., 43.]]], dtype=float32)
    """
    who = "lax.conv_general_dilated"
    check_precision(who, precision)
    x, w = arrays(who, lhs, rhs)
    numbers = axes_of_operands(who, x.shape, w.shape, dimension_numbers)
    spatial = x.ndim - 2
    check(who, [(spatial >= 0, f"operands must have rank 2 at least, got {x.aval}")])
    groups = ints(who, "group counts", (feature_group_count, batch_group_count), 2)
    check_operands(who, x.aval, w.aval, numbers, dimension_numbers, groups)
    x, w = (transpose(v, last(spec)) for v, spec in zip((x, w), numbers, strict=False))
    strides = ints(who, "window_strides", window_strides, spatial)
    steps = [
        (1,) * spatial if d is None else ints(who, "a dilation", d, spatial)
        for d in (lhs_dilation, rhs_dilation)
    ]
    if isinstance(padding, str) and max(steps[0], default=1) > 1:
        problem = f"padding {padding!r} has no meaning with lhs_dilation {steps[0]}"
        raise ArgumentError(who, problem, "Give it in numbers, or use lax.conv_transpose.")
    window = dilated_shape(w.shape[1:-1], steps[1])
    pads = pads_of(who, padding, x.shape[1:-1], window, strides)
    prim = ConvGeneral(strides, pads, steps[0], steps[1], groups[0], groups[1])
    out = accumulated(prim, x, w, preferred_element_type, who)
    return transpose(out, inverse(last(numbers.out_spec)))


def last(spec: Sequence[int]) -> tuple[int, ...]:
    """Axes with that of the features behind the spatial ones."""
    return (spec[0], *spec[2:], spec[1])


def conv(
    lhs: ArrayLike,
    rhs: ArrayLike,
    window_strides: Sequence[int],
    padding: str,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """The convolution of (batch, features, spatial…) with (out, in, spatial…).

    >>> import oxmlx as ox
    >>> x, w = ox.lax.full((1, 1, 3, 3), 1.0), ox.lax.full((1, 1, 2, 2), 1.0)
    >>> ox.lax.conv(x, w, (1, 1), "SAME")[0, 0]
    array([[4., 4., 2.],
           [4., 4., 2.],
           [2., 2., 1.]], dtype=float32)
    """
    return conv_general_dilated(
        lhs,
        rhs,
        window_strides,
        padding,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_with_general_padding(
    lhs: ArrayLike,
    rhs: ArrayLike,
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None,
    rhs_dilation: Sequence[int] | None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """`conv` with padding in numbers, and dilations.

    >>> import oxmlx as ox
    >>> x, w = ox.array([[[1.0, 2.0, 3.0]]]), ox.array([[[1.0, 10.0]]])
    >>> ox.lax.conv_with_general_padding(x, w, (1,), [(0, 1)], (1,), (2,))
    array([[[31.,  2.]]], dtype=float32)
    """
    return conv_general_dilated(
        lhs,
        rhs,
        window_strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_transpose(
    lhs: ArrayLike,
    rhs: ArrayLike,
    strides: Sequence[int],
    padding: Padding,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Any = None,
    transpose_kernel: bool = False,
    precision: Any = None,
    preferred_element_type: Any = None,
    use_consistent_padding: bool = False,
) -> Array:
    """The transpose of a convolution: its input has the elements that far apart, zeros between.

    Args:
        lhs: the batch.
        rhs: the kernels.
        strides: the distance of the elements of the batch along each spatial axis.
        padding: "SAME" for outputs of extent · stride, "VALID" for all that the kernel reaches, or
            (low, high) zeros around the spread batch.
        rhs_dilation: the distance of the elements of the window.
        dimension_numbers: as in `conv_general_dilated`, but by default the features come last:
            ("NHWC", "HWIO", "NHWC") and the like.
        transpose_kernel: flip the window and exchange input with output features: the gradient of
            the convolution with this kernel.
        precision: for JAX programs; products are exact.
        preferred_element_type: the dtype to compute in and to return.
        use_consistent_padding: (low, high) are those of the convolution that is transposed.

    Raises:
        ArgumentError: padding that means nothing, or no layout for operands of this rank.
        Errors of `conv_general_dilated`.

    >>> import oxmlx as ox
    >>> x, w = ox.array([[[1.0], [2.0]]]), ox.array([[[1.0]], [[10.0]]])
    >>> ox.lax.conv_transpose(x, w, (2,), "SAME")[0, :, 0]
    array([10.,  1., 20.,  2.], dtype=float32)
    """
    who = "lax.conv_transpose"
    x, w = arrays(who, lhs, rhs)
    if dimension_numbers is None and x.ndim not in LAYOUTS:
        raise ArgumentError(who, f"has no layout for {x.aval}", "Pass dimension_numbers=.")
    given = LAYOUTS[x.ndim] if dimension_numbers is None else dimension_numbers
    numbers = axes_of_operands(who, x.shape, w.shape, given)
    rank = x.ndim - 2
    spread = ints(who, "strides", strides, rank)
    steps = (1,) * rank if rhs_dilation is None else ints(who, "rhs_dilation", rhs_dilation, rank)
    pads: Any = padding
    if use_consistent_padding or isinstance(padding, str):
        window = dilated_shape([w.shape[a] for a in numbers.rhs_spec[2:]], steps)
        each: Any = [padding] * rank if isinstance(padding, str) else padding
        pads = tuple(map(conv_transpose_pads, window, spread, each))
    if transpose_kernel:
        out, features, *spatial = numbers.rhs_spec
        w = reverse(w, tuple(spatial))
        numbers = numbers._replace(rhs_spec=(features, out, *spatial))
    return conv_general_dilated(
        x,
        w,
        (1,) * rank,
        pads,
        spread,
        steps,
        numbers,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_general_dilated_patches(
    lhs: ArrayLike,
    filter_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Any = None,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    """What the window of a convolution shows at each of its places.

    Args:
        lhs: the batch.
        filter_shape: the extents of the window.
        Others: as in `conv_general_dilated`.

    Returns:
        An array whose features are those of the batch, and for each the elements of the window.

    >>> import oxmlx as ox
    >>> x = ox.array([[[1.0, 2.0, 3.0, 4.0]]])
    >>> ox.lax.conv_general_dilated_patches(x, (2,), (1,), "VALID")
    array([[[1., 2., 3.],
            [2., 3., 4.]]], dtype=float32)
    """
    who = "lax.conv_general_dilated_patches"
    x, window = value(lhs, who), ints(who, "filter_shape", filter_shape)
    numbers = axes_of_operands(who, x.shape, (1, 1, *window), dimension_numbers)
    features, size = x.shape[numbers.lhs_spec[1]], prod(window)
    square = (size, size)
    one_hot = cast(eq(iota(INT32, square, 0), iota(INT32, square, 1)), x.dtype)
    kernel = reshape(broadcast(one_hot, (features, *square), (0,)), (features * size, 1, *window))
    return conv_general_dilated(
        x,
        transpose(kernel, inverse(tuple(numbers.rhs_spec))),
        window_strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        numbers,
        features,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_general_dilated_local(
    lhs: ArrayLike,
    rhs: ArrayLike,
    window_strides: Sequence[int],
    padding: Padding,
    filter_shape: Sequence[int],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Any = None,
    precision: Any = None,
) -> Array:
    """A convolution with another kernel at each place.

    Args:
        lhs: the batch.
        rhs: the kernels: its spatial axes are those of the result; its input features are those of
            the patches of `conv_general_dilated_patches`.
        filter_shape: the extents of the window.
        Others: as in `conv_general_dilated`.

    >>> import oxmlx as ox
    >>> x, w = ox.array([[[1.0, 2.0, 3.0]]]), ox.array([[[1.0, 0.0], [0.0, 1.0]]])
    >>> ox.lax.conv_general_dilated_local(x, w, (1,), "VALID", (2,))
    array([[[1., 3.]]], dtype=float32)
    """
    who = "lax.conv_general_dilated_local"
    x, w = arrays(who, lhs, rhs)
    window = ints(who, "filter_shape", filter_shape)
    numbers = axes_of_operands(who, x.shape, (1, 1, *window), dimension_numbers)
    patches = conv_general_dilated_patches(
        x, window, window_strides, padding, lhs_dilation, rhs_dilation, numbers
    )
    (batch, features, *places), (_, inputs, *spatial) = numbers.out_spec, numbers.rhs_spec
    contract = ((features,), (inputs,))
    out = dot_general(patches, w, (contract, (places, spatial)), precision)
    found = (*places, batch, features)  # where the axes of the product belong
    return transpose(out, inverse(found))
