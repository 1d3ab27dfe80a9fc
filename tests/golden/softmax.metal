#include <metal_stdlib>
using namespace metal;

struct P {
  int n0;
  int n1;
  float c0;  // -inf
};

inline bool is_nan(float x) {
  return (as_type<uint>(x) << 1) > 0xff000000u;
}

// Floats as integers of the same order, NaN on top.
inline int ordered(float x) {
  int b = is_nan(x) ? 0x7fc00000 : as_type<int>(x);
  return b ^ ((b >> 31) & 0x7fffffff);
}

inline float unordered(int b) {
  return as_type<float>(b ^ ((b >> 31) & 0x7fffffff));
}

inline float max_nan(float x, float y) {
  return unordered(max(ordered(x), ordered(y)));
}

[[max_total_threads_per_threadgroup(256)]]
kernel void ox_reduce_max_sub_exp_reduce_sum_div(
    device const float* x0 [[buffer(0)]],
    device float* y0 [[buffer(1)]],
    constant P& prm [[buffer(2)]],
    device uint* done [[buffer(3)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]],
    uint lane [[thread_index_in_simdgroup]],
    uint sg [[simdgroup_index_in_threadgroup]]) {
  threadgroup float slots_s0[32];
  threadgroup float slots_s1[32];
  for (int i0 = grp; i0 < prm.n0; i0 += ng) {
    float s0 = prm.c0;
    for (int at = tid; at < prm.n1; at += 4 * nt) {
      float v0[4];
#pragma unroll
      for (uint u = 0; u < 4; u++) {
        int k0 = at + u * nt;
        if (k0 < prm.n1) {
          v0[u] = x0[i0 * prm.n1 + k0];
        }
      }
#pragma unroll
      for (uint u = 0; u < 4; u++) {
        int k0 = at + u * nt;
        if (k0 < prm.n1) {
          s0 = max_nan(s0, v0[u]);
        }
      }
    }
    for (ushort d = 16; d > 0; d /= 2) {
      float v1 = simd_shuffle_xor(s0, d);
      s0 = max_nan(s0, v1);
    }
    if (lane == 0) {
      slots_s0[sg] = s0;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    s0 = slots_s0[0];
    for (uint g = 1; g < nt / 32; g++) {
      s0 = max_nan(s0, slots_s0[g]);
    }
    float s1 = 0.0f;
    for (int at = tid; at < prm.n1; at += 4 * nt) {
      float v2[4];
#pragma unroll
      for (uint u = 0; u < 4; u++) {
        int k0 = at + u * nt;
        if (k0 < prm.n1) {
          v2[u] = x0[i0 * prm.n1 + k0];
        }
      }
#pragma unroll
      for (uint u = 0; u < 4; u++) {
        int k0 = at + u * nt;
        if (k0 < prm.n1) {
          s1 += precise::exp(v2[u] - s0);
        }
      }
    }
    s1 = simd_sum(s1);
    if (lane == 0) {
      slots_s1[sg] = s1;
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    s1 = slots_s1[0];
    for (uint g = 1; g < nt / 32; g++) {
      s1 += slots_s1[g];
    }
    for (int at = tid; at < prm.n1; at += 4 * nt) {
      float v3[4];
#pragma unroll
      for (uint u = 0; u < 4; u++) {
        int k0 = at + u * nt;
        if (k0 < prm.n1) {
          v3[u] = x0[i0 * prm.n1 + k0];
        }
      }
#pragma unroll
      for (uint u = 0; u < 4; u++) {
        int k0 = at + u * nt;
        if (k0 < prm.n1) {
          y0[i0 * prm.n1 + k0] = precise::divide(precise::exp(v3[u] - s0), s1);
        }
      }
    }
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
