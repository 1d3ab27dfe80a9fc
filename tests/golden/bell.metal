#include <metal_stdlib>
using namespace metal;

struct P {
  int n0;
  int n1;
};

[[max_total_threads_per_threadgroup(256)]]
kernel void ox_mul_neg_exp_add(
    device const float* x0 [[buffer(0)]],
    device const float* x1 [[buffer(1)]],
    device float* y0 [[buffer(2)]],
    constant P& prm [[buffer(3)]],
    device uint* done [[buffer(4)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]]) {
  for (int at = grp * nt + tid; at < prm.n0 * prm.n1; at += 4 * (ng * nt)) {
    float v0[4];
    float v1[4];
#pragma unroll
    for (uint u = 0; u < 4; u++) {
      int point = at + u * (ng * nt);
      if (point < prm.n0 * prm.n1) {
        v0[u] = x0[point];
        v1[u] = x1[point];
      }
    }
#pragma unroll
    for (uint u = 0; u < 4; u++) {
      int point = at + u * (ng * nt);
      if (point < prm.n0 * prm.n1) {
        y0[point] = precise::exp(-(v0[u] * v0[u])) * v1[u] + 1.0f;
      }
    }
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
