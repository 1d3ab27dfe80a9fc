// y[i] = x[0] + ... + x[i] of halves, summed as floats; a simdgroup for a row.
#include <metal_stdlib>
using namespace metal;

[[max_total_threads_per_threadgroup(32)]] kernel void running_sum(
    device const half* x [[buffer(0)]], device half* y [[buffer(1)]],
    constant uint2& shape [[buffer(2)]],
    uint lane [[thread_index_in_simdgroup]], uint grp [[threadgroup_position_in_grid]],
    uint ng [[threadgroups_per_grid]]) {
  for (uint row = grp; row < shape.x; row += ng) {
    float before = 0;
    for (uint k = lane; k < (shape.y + 31) / 32 * 32; k += 32) {
      float here = k < shape.y ? float(x[row * shape.y + k]) : 0.0f;
      float sum = before + simd_prefix_inclusive_sum(here);
      if (k < shape.y) y[row * shape.y + k] = half(sum);
      before = simd_broadcast(sum, 31);
    }
  }
}
