// metal_stdlib for NVRTC: what texts that keep to kernels/README.md use of MSL 2.3.
#pragma once
#include "types.h"
#include "math.h"
#include "atomics.h"
#include "simd.h"
#include "matrix.h"
#include "entry.h"
