// y[i, k] = the largest x[i, l] of l <= k, or of l >= k if `reverse`; the least if `least`.
//
// Buffers: x, y: uint, the bits of 32; p; done: uint, one a group. Element (i, k) is in both at
//   at + i / inner * outer + i % inner + k * step, which is any axis of an array in order. kind 0
//   is uint, 1 int, 2 float.
// Group size: 256. Any smaller one is as right. A row is worth a group.
// Sizes: at least 1, and rows of any length; every place fits an int.
// Compared with numpy's: equal. NaN is passed on, to the end of the row and not to its beginning; 0
//   is larger than -0.
#include <metal_stdlib>
using namespace metal;

#define EACH 4

struct P {
  uint rows, length, inner, outer, step, reverse, x_at, y_at, kind, least;
};

// Bits as integers of the order that is wanted, NaN on top, and nothing below 0.
inline uint key(uint x, uint kind, uint least) {
  bool is_nan = kind == 2 && (x & 0x7fffffffu) > 0x7f800000u;
  uint flip = kind == 0 ? 0u : kind == 1 || x >> 31 == 0 ? 0x80000000u : 0xffffffffu;
  return is_nan ? 0xffffffffu : least ? ~(x ^ flip) : x ^ flip;
}

inline uint value(uint key, uint kind, uint least) {
  bool is_nan = kind == 2 && key == 0xffffffffu;
  uint rising = least ? ~key : key;
  uint flip = kind == 0 ? 0u : kind == 1 || rising >> 31 == 1 ? 0x80000000u : 0xffffffffu;
  return is_nan ? 0x7fc00000u : rising ^ flip;
}

[[max_total_threads_per_threadgroup(256)]]
kernel void scan_max(
    device const uint* x [[buffer(0)]],
    device uint* y [[buffer(1)]],
    constant P& p [[buffer(2)]],
    device uint* done [[buffer(3)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]],
    uint lane [[thread_index_in_simdgroup]],
    uint sg [[simdgroup_index_in_threadgroup]]) {
  threadgroup uint slots[8];
  for (uint row = grp; row < p.rows; row += ng) {
    uint start = row / p.inner * p.outer + row % p.inner;
    uint carry = 0;
    for (uint k0 = 0; k0 < p.length; k0 += nt * EACH) {
      uint most[EACH];
      uint best = 0;
      for (uint e = 0; e < EACH; e++) {
        uint k = k0 + tid * EACH + e, l = p.reverse ? p.length - 1 - k : k;
        best = max(best, k < p.length ? key(x[p.x_at + start + l * p.step], p.kind, p.least) : 0u);
        most[e] = best;
      }
      for (ushort apart = 1; apart < 32; apart *= 2) {
        uint other = simd_shuffle_up(best, apart);
        best = lane >= apart ? max(best, other) : best;
      }
      uint before = simd_shuffle_up(best, 1);
      before = lane == 0 ? 0 : before;
      if (lane == 31) {
        slots[sg] = best;
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
      uint all = 0;
      for (uint g = 0; g < nt / 32; g++) {
        uint slot = slots[g];
        before = g < sg ? max(before, slot) : before;
        all = max(all, slot);
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
      before = max(carry, before);
      carry = max(carry, all);
      for (uint e = 0; e < EACH; e++) {
        uint k = k0 + tid * EACH + e, l = p.reverse ? p.length - 1 - k : k;
        if (k < p.length) {
          y[p.y_at + start + l * p.step] = value(max(before, most[e]), p.kind, p.least);
        }
      }
    }
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
