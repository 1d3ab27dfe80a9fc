// metal_stdlib for clang: the subset of MSL 2.3 that compute kernels of plain buffers use. What the
// Metal compiler would reject, such as erf or sqrt of an integer, is not there.
#pragma once
#pragma clang system_header  // of the text only is C++14 wanted
#include "abi.h"
#include "types.h"
#include "math.h"
#include "atomics.h"
#include "simd.h"
#include "matrix.h"
#include "entry.h"
