// y[i, k] = Π x[i, l] over l <= k, or over l >= k if `reverse`.
//
// The product of a part is a float from 1/2 to 1 and a power of 2: that of all may be finite where
//   that of a part is not.
//
// Buffers: x: float; y: float; p; done: uint, one a group. Element (i, k) is in both at
//   at + i / inner * outer + i % inner + k * step, which is any axis of an array in order.
// Group size: 256. Any smaller one is as right. A row is worth a group.
// Sizes: at least 1, and rows of up to 2^24; every place fits an int.
// Compared with the products in f64: within k 2^-24 of each; what is below 2^-126 may be 0. Zero,
//   NaN and infinity are passed on, to the end of the row and not to its beginning.
#include <metal_stdlib>
using namespace metal;

#define EACH 4

struct P {
  uint rows, length, inner, outer, step, reverse, x_at, y_at;
};

struct Part {
  float m;
  int e;
};

inline Part part(float x) {
  uint bits = as_type<uint>(x), exponent = bits >> 23 & 255u;
  bool usual = exponent != 0 && exponent != 255;
  Part out;
  out.m = usual ? as_type<float>((bits & 0x807fffffu) | 0x3f000000u) : x;
  out.e = usual ? int(exponent) - 126 : 0;
  return out;
}

inline Part times(Part a, Part b) {
  float m = a.m * b.m;
  bool small = fabs(m) < 0.5f;
  Part out;
  out.m = small ? m + m : m;
  out.e = a.e + b.e - (small ? 1 : 0);
  return out;
}

[[max_total_threads_per_threadgroup(256)]]
kernel void scan_product(
    device const float* x [[buffer(0)]],
    device float* y [[buffer(1)]],
    constant P& p [[buffer(2)]],
    device uint* done [[buffer(3)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]],
    uint lane [[thread_index_in_simdgroup]],
    uint sg [[simdgroup_index_in_threadgroup]]) {
  threadgroup float slots_m[8];
  threadgroup int slots_e[8];
  Part one = part(1.0f);
  for (uint row = grp; row < p.rows; row += ng) {
    uint start = row / p.inner * p.outer + row % p.inner;
    Part carry = one;
    for (uint k0 = 0; k0 < p.length; k0 += nt * EACH) {
      Part products[EACH];
      Part product = one;
      for (uint e = 0; e < EACH; e++) {
        uint k = k0 + tid * EACH + e, l = p.reverse ? p.length - 1 - k : k;
        product = times(product, part(k < p.length ? x[p.x_at + start + l * p.step] : 1.0f));
        products[e] = product;
      }
      for (ushort apart = 1; apart < 32; apart *= 2) {
        Part other;
        other.m = simd_shuffle_up(product.m, apart);
        other.e = simd_shuffle_up(product.e, apart);
        product = times(product, lane >= apart ? other : one);
      }
      Part before;
      before.m = simd_shuffle_up(product.m, 1);
      before.e = simd_shuffle_up(product.e, 1);
      before = lane == 0 ? one : before;
      if (lane == 31) {
        slots_m[sg] = product.m;
        slots_e[sg] = product.e;
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
      Part all = one;
      for (uint g = 0; g < nt / 32; g++) {
        Part slot;
        slot.m = slots_m[g];
        slot.e = slots_e[g];
        before = times(before, g < sg ? slot : one);
        all = times(all, slot);
      }
      threadgroup_barrier(mem_flags::mem_threadgroup);
      before = times(carry, before);
      carry = times(carry, all);
      for (uint e = 0; e < EACH; e++) {
        uint k = k0 + tid * EACH + e, l = p.reverse ? p.length - 1 - k : k;
        if (k < p.length) {
          Part whole = times(before, products[e]);
          y[p.y_at + start + l * p.step] = ldexp(whole.m, whole.e);
        }
      }
    }
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
