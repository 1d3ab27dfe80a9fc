// y[i, k] = Π x[i, l] over l <= k, or over l >= k if `reverse`.
//
// Buffers: x, y: uint, or the bits of int; p; done: uint, one a group. Element (i, k) is in both at
//   at + i / inner * outer + i % inner + k * step, which is any axis of an array in order.
// Group size: 256. Any smaller one is as right. A row is worth a group.
// Sizes: at least 1, and rows of any length; every place fits an int.
// Compared with the products of uint, to which overflow is nothing: equal.
#include <metal_stdlib>
using namespace metal;

#define EACH 4

struct P {
  uint rows, length, inner, outer, step, reverse, x_at, y_at;
};

[[max_total_threads_per_threadgroup(256)]]
kernel void scan_product_int(
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
    uint carry = 1;
    for (uint k0 = 0; k0 < p.length; k0 += nt * EACH) {
      uint products[EACH];
      uint product = 1;
      for (uint e = 0; e < EACH; e++) {
        uint k = k0 + tid * EACH + e, l = p.reverse ? p.length - 1 - k : k;
        product *= k < p.length ? x[p.x_at + start + l * p.step] : 1;
        products[e] = product;
      }
      uint before = simd_prefix_exclusive_product(product);
      if (lane == 31) {
        slots[sg] = before * product;
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
      uint here = 1, all = 1;
      for (uint g = 0; g < nt / 32; g++) {
        uint slot = slots[g];
        here *= g < sg ? slot : 1;
        all *= slot;
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
      before = carry * here * before;
      carry *= all;
      for (uint e = 0; e < EACH; e++) {
        uint k = k0 + tid * EACH + e, l = p.reverse ? p.length - 1 - k : k;
        if (k < p.length) {
          y[p.y_at + start + l * p.step] = before * products[e];
        }
      }
    }
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
