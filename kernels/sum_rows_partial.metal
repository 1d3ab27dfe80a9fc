// partial[i, q] = Σ x[i, k] over the k of chunk q: the first of two passes over long rows, whose
// second is sum_finish.
//
// Buffers: x: float; partial: float, chunks a row; p; done: uint, one a group. Element (i, k) of x
//   is at x_at + i * x_row + k, chunk q of a row are the k from q * chunk on.
// Group size: 256. Any smaller one is as right. A chunk is worth a group.
// Sizes: at least 1; chunks = ceil(length / chunk); every place fits an int.
// Compared with the sum in f64: within (chunk / nt + 16) 2^-24 Σ |x|. NaN and infinity are passed
//   on.
#include <metal_stdlib>
using namespace metal;

#define AHEAD 4  // terms that a thread loads before it adds the first

struct P {
  uint rows, length, chunk, chunks, x_at, x_row;
};

[[max_total_threads_per_threadgroup(256)]]
kernel void sum_rows_partial(
    device const float* x [[buffer(0)]],
    device float* partial [[buffer(1)]],
    constant P& p [[buffer(2)]],
    device uint* done [[buffer(3)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]],
    uint lane [[thread_index_in_simdgroup]],
    uint sg [[simdgroup_index_in_threadgroup]]) {
  threadgroup float slots[8];
  for (uint item = grp; item < p.rows * p.chunks; item += ng) {
    uint row = p.x_at + item / p.chunks * p.x_row;
    uint from = item % p.chunks * p.chunk, to = min(from + p.chunk, p.length);
    float sum = 0.0f;
    for (uint k0 = from + tid; k0 < to; k0 += AHEAD * nt) {
      float terms[AHEAD];
#pragma unroll
      for (uint u = 0; u < AHEAD; u++) terms[u] = k0 + u * nt < to ? x[row + k0 + u * nt] : 0.0f;
#pragma unroll
      for (uint u = 0; u < AHEAD; u++) sum += terms[u];
    }
    sum = simd_sum(sum);
    if (lane == 0) {
      slots[sg] = sum;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    if (tid == 0) {
      for (uint g = 1; g < nt / 32; g++) sum += slots[g];
      partial[item] = sum;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
