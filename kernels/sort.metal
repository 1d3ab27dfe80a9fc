// order[i] = the k of a block of up to 2048 elements, in the order of x[i, k]; equals as they were.
// Longer rows are blocks, which sort_merge merges.
//
// Buffers: x: uint, the bits of 32; order: uint, in order, `length` a row; p; done: uint, one a
//   group. Element (i, k) of x is at x_at + i / inner * outer + i % inner + k * step; block q of a
//   row are the k from q * 2048 on. kind 0 is uint, 1 int, 2 float: NaN above all others, -0 as 0.
//   The least is the first; the largest if `falling`.
// Group size: 256. Any smaller one is as right. A block is worth a group.
// Sizes: at least 1; blocks = ceil(length / 2048); every place fits an int.
// Compared with a stable sort: equal.
#include <metal_stdlib>
using namespace metal;

#define BLOCK 2048

struct P {
  uint rows, length, blocks, inner, outer, step, x_at, kind, falling;
};

// Bits as integers of the same order, or of the opposite one.
inline uint key(uint x, uint kind, uint falling) {
  bool is_nan = (x & 0x7fffffffu) > 0x7f800000u, zero = (x & 0x7fffffffu) == 0;
  uint real = zero ? 0x80000000u : x >> 31 ? ~x : x | 0x80000000u;
  uint rising = kind == 0 ? x : kind == 1 ? x ^ 0x80000000u : is_nan ? 0xffffffffu : real;
  return falling ? ~rising : rising;
}

[[max_total_threads_per_threadgroup(256)]]
kernel void sort(
    device const uint* x [[buffer(0)]],
    device uint* order [[buffer(1)]],
    constant P& p [[buffer(2)]],
    device uint* done [[buffer(3)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]]) {
  threadgroup uint keys[BLOCK];
  threadgroup uint places[BLOCK];
  for (uint item = grp; item < p.rows * p.blocks; item += ng) {
    uint row = item / p.blocks, first = item % p.blocks * BLOCK;
    uint start = p.x_at + row / p.inner * p.outer + row % p.inner;
    uint count = min(p.length - first, uint(BLOCK)), size = 1;
    while (size < count) size *= 2;
    // What is beyond the end is last, since its places are.
    for (uint k = tid; k < size; k += nt) {
      keys[k] = k < count ? key(x[start + (first + k) * p.step], p.kind, p.falling) : 0xffffffffu;
      places[k] = first + k;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (uint run = 2; run <= size; run *= 2) {
      for (uint apart = run / 2; apart > 0; apart /= 2) {
        for (uint t = tid; t < size / 2; t += nt) {
          uint i = t / apart * 2 * apart + t % apart, j = i + apart;
          uint u = keys[i], v = keys[j], a = places[i], b = places[j];
          bool swapped = u > v || (u == v && a > b), rising = (i & run) == 0;
          if (swapped == rising) {
            keys[i] = v;
            keys[j] = u;
            places[i] = b;
            places[j] = a;
          }
        }
        threadgroup_barrier(mem_flags::mem_threadgroup);
      }
    }
    // No barrier behind it: each thread overwrites the places that it has read.
    for (uint k = tid; k < count; k += nt) order[row * p.length + first + k] = places[k];
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
