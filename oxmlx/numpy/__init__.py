"""NumPy's API with the names, argument orders and defaults of jax.numpy.

Each function lives in the file of its theme: creation, grids, shaping, joining, arithmetic,
reductions, products, einsum, searching, indexing, sorting, quantiles, sets, and so on.
"""

# ruff: noqa: I001
# fmt: off
from math import e, inf, nan, pi
from numpy import (
    character, complexfloating, dtype, euler_gamma, flexible, floating, generic,
    get_printoptions, inexact, integer, newaxis, number, object_, printoptions,
    set_printoptions, signedinteger, unsignedinteger,
)
from numpy.exceptions import ComplexWarning

from oxmlx.api.boundary import guard, guard_methods
from oxmlx.array import array, array_repr, array_str, asarray, from_dlpack
from oxmlx.dtypes import (
    bfloat16, bool_, complex128, complex64, float16, float32, float64, int16, int32, int64,
    int8, uint16, uint32, uint64, uint8,
)
from oxmlx.ir.value import Value as ndarray
from oxmlx.numpy import linalg, methods
from oxmlx.numpy.arithmetic import (
    abs, absolute, cbrt, divide, divmod, fabs, float_power, floor_divide, fmod, gcd, heaviside,
    hypot, lcm, mod, positive, pow, power, reciprocal, remainder, sign, sqrt, square,
    true_divide,
)
from oxmlx.numpy.bits import (
    bitwise_count, bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_right_shift, invert,
    left_shift, logical_not, packbits, right_shift, unpackbits,
)
from oxmlx.numpy.calculus import (
    convolve, correlate, diff, ediff1d, gradient, interp, trapezoid, unwrap,
)
from oxmlx.numpy.choosing import piecewise, select, where
from oxmlx.numpy.comparison import (
    allclose, array_equal, array_equiv, equal, greater, greater_equal, isclose, isfinite, isinf,
    isnan, isneginf, isposinf, less, less_equal, not_equal,
)
from oxmlx.numpy.complexes import (
    angle, conj, conjugate, imag, iscomplex, iscomplexobj, isreal, isrealobj, real,
)
from oxmlx.numpy.creation import (
    astype, copy, empty, empty_like, eye, frombuffer, fromfile, fromfunction, fromiter,
    fromstring, full, full_like, identity, ones, ones_like, tri, zeros, zeros_like,
)
from oxmlx.numpy.diagonals import diag, diagflat, diagonal, fill_diagonal, trace, tril, triu
from oxmlx.numpy.einsum import einsum, einsum_path
from oxmlx.numpy.exponential import exp, exp2, expm1, log, log10, log1p, log2
from oxmlx.numpy.extrema import clip, fmax, fmin
from oxmlx.numpy.fitting import polyfit
from oxmlx.numpy.floats import copysign, frexp, ldexp, nan_to_num, nextafter, signbit, spacing
from oxmlx.numpy.grids import arange, geomspace, indices, linspace, logspace, meshgrid
from oxmlx.numpy.histograms import (
    bincount, histogram, histogram2d, histogram_bin_edges, histogramdd,
)
from oxmlx.numpy.index_arrays import (
    diag_indices, diag_indices_from, ix_, mask_indices, ravel_multi_index, tril_indices,
    tril_indices_from, triu_indices, triu_indices_from, unravel_index,
)
from oxmlx.numpy.index_tricks import c_, index_exp, mgrid, ogrid, r_, s_
from oxmlx.numpy.indexing import (
    choose, compress, extract, place, put, put_along_axis, take, take_along_axis,
)
from oxmlx.numpy.inserting import delete, insert
from oxmlx.numpy.joining import (
    append, block, column_stack, concat, concatenate, dstack, hstack, stack, vstack,
)
from oxmlx.numpy.mapping import apply_along_axis, apply_over_axes, vectorize
from oxmlx.numpy.nan_reductions import nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar
from oxmlx.numpy.padding import pad
from oxmlx.numpy.polynomials import (
    poly, polyadd, polyder, polydiv, polyint, polymul, polysub, polyval, trim_zeros, vander,
)
from oxmlx.numpy.products import (
    cross, dot, inner, kron, matmul, matvec, outer, tensordot, vdot, vecdot, vecmat,
)
from oxmlx.numpy.quantiles import (
    median, nanmedian, nanpercentile, nanquantile, percentile, quantile,
)
from oxmlx.numpy.reductions import (
    all, amax, amin, any, count_nonzero, max, mean, min, prod, ptp, std, sum, var,
)
from oxmlx.numpy.repeating import repeat, tile
from oxmlx.numpy.rounding import around, ceil, fix, floor, modf, rint, round, trunc
from oxmlx.numpy.scans import (
    cumprod, cumsum, cumulative_prod, cumulative_sum, nancumprod, nancumsum,
)
from oxmlx.numpy.searching import (
    argmax, argmin, argwhere, digitize, flatnonzero, nanargmax, nanargmin, nonzero,
    searchsorted,
)
from oxmlx.numpy.sets import (
    in1d, intersect1d, isin, setdiff1d, setxor1d, union1d, unique, unique_all, unique_counts,
    unique_inverse, unique_values,
)
from oxmlx.numpy.shaping import (
    atleast_1d, atleast_2d, atleast_3d, broadcast_arrays, broadcast_shapes, broadcast_to,
    expand_dims, flip, fliplr, flipud, matrix_transpose, moveaxis, ndim, permute_dims, ravel,
    reshape, resize, roll, rollaxis, rot90, shape, size, squeeze, swapaxes, transpose,
)
from oxmlx.numpy.sorting import argpartition, argsort, lexsort, partition, sort, sort_complex
from oxmlx.numpy.splitting import array_split, dsplit, hsplit, split, unstack, vsplit
from oxmlx.numpy.statistics import average, corrcoef, cov
from oxmlx.numpy.trigonometry import (
    acos, acosh, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, asin, asinh, atan,
    atan2, atanh, cos, cosh, deg2rad, degrees, rad2deg, radians, sin, sinh, tan, tanh,
)
from oxmlx.numpy.types import (
    __array_namespace_info__, bool, can_cast, cdouble, complex_, csingle, double, finfo, float_,
    iinfo, int_, isdtype, isscalar, issubdtype, iterable, promote_types, result_type, single,
    uint,
)
from oxmlx.numpy.ufuncs import (
    add, bitwise_and, bitwise_or, bitwise_xor, frompyfunc, logaddexp, logaddexp2, logical_and,
    logical_or, logical_xor, maximum, minimum, multiply, negative, subtract, ufunc,
)
from oxmlx.numpy.windows import bartlett, blackman, hamming, hanning, i0, kaiser, sinc

__all__ = [
    "__array_api_version__", "__array_namespace_info__", "abs", "absolute", "acos", "acosh",
    "add", "all", "allclose", "amax", "amin", "angle", "any", "append", "apply_along_axis",
    "apply_over_axes", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2",
    "arctanh", "argmax", "argmin", "argpartition", "argsort", "argwhere", "around", "array",
    "array_equal", "array_equiv", "array_repr", "array_split", "array_str", "asarray", "asin",
    "asinh", "astype", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d",
    "average", "bartlett", "bfloat16", "bincount", "bitwise_and", "bitwise_count",
    "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "blackman", "block", "bool", "bool_", "broadcast_arrays", "broadcast_shapes",
    "broadcast_to", "c_", "can_cast", "cbrt", "cdouble", "ceil", "character", "choose", "clip",
    "column_stack", "complex128", "complex64", "complex_", "complexfloating", "ComplexWarning",
    "compress", "concat", "concatenate", "conj", "conjugate", "convolve", "copy", "copysign",
    "corrcoef", "correlate", "cos", "cosh", "count_nonzero", "cov", "cross", "csingle",
    "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "deg2rad", "degrees", "delete",
    "diag", "diag_indices", "diag_indices_from", "diagflat", "diagonal", "diff", "digitize",
    "divide", "divmod", "dot", "double", "dsplit", "dstack", "dtype", "e", "ediff1d", "einsum",
    "einsum_path", "empty", "empty_like", "equal", "euler_gamma", "exp", "exp2", "expand_dims",
    "expm1", "extract", "eye", "fabs", "fill_diagonal", "finfo", "fix", "flatnonzero",
    "flexible", "flip", "fliplr", "flipud", "float16", "float32", "float64", "float_",
    "float_power", "floating", "floor", "floor_divide", "fmax", "fmin", "fmod", "frexp",
    "from_dlpack", "frombuffer", "fromfile", "fromfunction", "fromiter", "frompyfunc",
    "fromstring", "full", "full_like", "gcd", "generic", "geomspace", "gradient", "greater",
    "greater_equal", "hamming", "hanning", "heaviside", "histogram", "histogram2d",
    "histogram_bin_edges", "histogramdd", "hsplit", "hstack", "hypot", "i0", "identity",
    "iinfo", "imag", "in1d", "index_exp", "indices", "inexact", "inf", "inner", "insert",
    "int16", "int32", "int64", "int8", "int_", "integer", "interp", "intersect1d", "invert",
    "isclose", "iscomplex", "iscomplexobj", "isdtype", "isfinite", "isin", "isinf", "isnan",
    "isneginf", "isposinf", "isreal", "isrealobj", "isscalar", "issubdtype", "iterable", "ix_",
    "kaiser", "kron", "lcm", "ldexp", "left_shift", "less", "less_equal", "lexsort", "linalg",
    "linspace", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logical_and",
    "logical_not", "logical_or", "logical_xor", "logspace", "mask_indices", "matmul",
    "matrix_transpose", "matvec", "max", "maximum", "mean", "median", "meshgrid", "mgrid",
    "min", "minimum", "mod", "modf", "moveaxis", "multiply", "nan", "nan_to_num", "nanargmax",
    "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin",
    "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "ndarray", "ndim",
    "negative", "newaxis", "nextafter", "nonzero", "not_equal", "number", "object_", "ogrid",
    "ones", "ones_like", "outer", "packbits", "pad", "partition", "percentile", "permute_dims",
    "pi", "piecewise", "place", "poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint",
    "polymul", "polysub", "polyval", "positive", "pow", "power", "printoptions", "prod",
    "promote_types", "ptp", "put", "put_along_axis", "quantile", "r_", "rad2deg", "radians",
    "ravel", "ravel_multi_index", "real", "reciprocal", "remainder", "repeat", "reshape",
    "resize", "result_type", "right_shift", "rint", "roll", "rollaxis", "rot90", "round", "s_",
    "searchsorted", "select", "setdiff1d", "setxor1d", "shape", "sign", "signbit",
    "signedinteger", "sin", "sinc", "single", "sinh", "size", "sort", "sort_complex", "spacing",
    "split", "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum", "swapaxes", "take",
    "take_along_axis", "tan", "tanh", "tensordot", "tile", "trace", "transpose", "trapezoid",
    "tri", "tril", "tril_indices", "tril_indices_from", "trim_zeros", "triu", "triu_indices",
    "triu_indices_from", "true_divide", "trunc", "ufunc", "uint", "uint16", "uint32", "uint64",
    "uint8", "union1d", "unique", "unique_all", "unique_counts", "unique_inverse",
    "unique_values", "unpackbits", "unravel_index", "unsignedinteger", "unstack", "unwrap",
    "vander", "var", "vdot", "vecdot", "vecmat", "vectorize", "vsplit", "vstack", "where",
    "zeros", "zeros_like",
]
# fmt: on

__array_api_version__ = "2024.12"

methods.install()
guard_methods(ndarray)
guard(linalg.__name__)
guard(__name__)
__all__ += ["get_printoptions", "set_printoptions"]  # these stay NumPy's own
