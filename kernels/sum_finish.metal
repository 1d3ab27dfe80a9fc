// y[i] = Σ partial[i, q]: the second of two passes over long rows, whose first is sum_rows_partial.
//
// Buffers: partial: float, chunks a row; y: float; p; done: uint, one a group. y[i] is at y_at + i.
// Group size: 256. Any smaller one is as right. A row is worth a simdgroup.
// Sizes: at least 1; every place fits an int.
// Compared with the sum in f64: within (chunks / 32 + 8) 2^-24 Σ |partial|. NaN and infinity are
//   passed on.
#include <metal_stdlib>
using namespace metal;

#define AHEAD 4  // terms that a thread loads before it adds the first

struct P {
  uint rows, chunks, y_at;
};

[[max_total_threads_per_threadgroup(256)]]
kernel void sum_finish(
    device const float* partial [[buffer(0)]],
    device float* y [[buffer(1)]],
    constant P& p [[buffer(2)]],
    device uint* done [[buffer(3)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]],
    uint lane [[thread_index_in_simdgroup]],
    uint sg [[simdgroup_index_in_threadgroup]]) {
  uint nsg = nt / 32;
  for (uint row = grp * nsg + sg; row < p.rows; row += ng * nsg) {
    float sum = 0.0f;
    for (uint q0 = lane; q0 < p.chunks; q0 += AHEAD * 32) {
      float terms[AHEAD];
#pragma unroll
      for (uint u = 0; u < AHEAD; u++) {
        uint q = q0 + u * 32;
        terms[u] = q < p.chunks ? partial[row * p.chunks + q] : 0.0f;
      }
#pragma unroll
      for (uint u = 0; u < AHEAD; u++) sum += terms[u];
    }
    sum = simd_sum(sum);
    if (lane == 0) {
      y[p.y_at + row] = sum;
    }
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
