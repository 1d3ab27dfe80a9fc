// c[z, i, j] = Σₖ a[z, i, k] b[z, k, j] of few rows i; the terms of a column of b lie together.
//
// Buffers: a, b: float; c: float; p; done: uint, one a group. Element (z, i, j) of a matrix m is at
//   m.at + z / inner * m.outer + z % inner * m.inner + i * m.row + j * m.column,
//   so that a batch has one or two axes, and what is broadcast has a stride of 0.
// Group size: 256. Any smaller one is as right. A column is worth a simdgroup.
// Sizes: at least 1; every place fits an int; elements of c do not share places. Right for all
//   strides and any number of rows, but b is read once for four rows.
// Compared with the product in f64: within (k / 32 + 8) 2^-24 Σ |a| |b|. NaN and infinity are
//   passed on.
#include <metal_stdlib>
using namespace metal;

#define ROWS 4
#define AHEAD 4  // terms whose b a thread loads before it needs the first

struct Matrix {
  uint at, outer, inner, row, column;
};

struct P {
  uint batch, inner, m, n, k;
  Matrix a, b, c;
};

inline uint start(constant Matrix& x, uint z, uint inner) {
  return x.at + z / inner * x.outer + z % inner * x.inner;
}

[[max_total_threads_per_threadgroup(256)]]
kernel void gemv(
    device const float* a [[buffer(0)]],
    device const float* b [[buffer(1)]],
    device float* c [[buffer(2)]],
    constant P& p [[buffer(3)]],
    device uint* done [[buffer(4)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]],
    uint lane [[thread_index_in_simdgroup]],
    uint sg [[simdgroup_index_in_threadgroup]]) {
  uint nsg = nt / 32;
  for (uint item = grp * nsg + sg; item < p.batch * p.n; item += ng * nsg) {
    uint z = item / p.n, j = item % p.n;
    uint a0 = start(p.a, z, p.inner), c0 = start(p.c, z, p.inner) + j * p.c.column;
    uint b0 = start(p.b, z, p.inner) + j * p.b.column;
    for (uint i = 0; i < p.m; i += ROWS) {
      uint rows = min(p.m - i, uint(ROWS));
      float sum[ROWS];
      for (uint r = 0; r < ROWS; r++) sum[r] = 0.0f;
      for (uint k0 = lane; k0 < p.k; k0 += AHEAD * 32) {
        float y[AHEAD];
#pragma unroll
        for (uint u = 0; u < AHEAD; u++) {
          uint k = k0 + u * 32;
          y[u] = k < p.k ? b[b0 + k * p.b.row] : 0.0f;
        }
#pragma unroll
        for (uint r = 0; r < ROWS; r++) {
          if (r < rows) {
#pragma unroll
            for (uint u = 0; u < AHEAD; u++) {
              uint k = k0 + u * 32;
              float x = k < p.k ? a[a0 + (i + r) * p.a.row + k * p.a.column] : 0.0f;
              sum[r] += x * y[u];
            }
          }
        }
      }
      for (uint r = 0; r < ROWS; r++) {
        float total = simd_sum(sum[r]);
        if (lane == 0 && i + r < p.m) {
          c[c0 + (i + r) * p.c.row] = total;
        }
      }
    }
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
