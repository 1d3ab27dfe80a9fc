// metal_stdlib for clang: the subset of MSL 2.3 that compute kernels of plain buffers use. What the
// Metal compiler would reject, such as erf or sqrt of an integer, is not there.
#pragma once
#include "abi.h"
#include "types.h"
#include "math.h"
#include "atomics.h"
#include "simd.h"
#include "matrix.h"
#include "entry.h"
