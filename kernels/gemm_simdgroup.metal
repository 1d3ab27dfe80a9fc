// c[z, i, j] = Σₖ a[z, i, k] b[z, k, j], in tiles of 64 x 64, by the 8 x 8 matrices of simdgroups.
//
// Buffers: a, b: float; c: float; p; done: uint, one a group. Element (z, i, j) of a matrix m is at
//   m.at + z / inner * m.outer + z % inner * m.inner + i * m.row + j * m.column,
//   so that a batch has one or two axes, and what is broadcast has a stride of 0.
// Group size: 128. Any smaller one is as right, and slower. A tile is worth a group.
// Sizes: at least 1; every place fits an int; elements of c do not share places. Wants Apple7 (M1).
// Compared with the product in f64: within (k + 2) 2^-24 Σ |a| |b|. NaN and infinity are passed on.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;

#define SHARES 4  // of a tile: squares, one for each of four simdgroups
#define TILE 64
#define DEPTH 16
#define SIDE 4    // of a share, in matrices of 8 x 8
#define PADDING 4

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

[[max_total_threads_per_threadgroup(128)]]
kernel void gemm_simdgroup(
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
  threadgroup float left[TILE][DEPTH + PADDING];
  threadgroup float right[DEPTH][TILE + PADDING];
  threadgroup float piece[SHARES][64];
  uint across = (p.n + TILE - 1) / TILE, down = (p.m + TILE - 1) / TILE;
  bool a_by_column = p.a.column <= p.a.row, b_by_row = p.b.row < p.b.column;
  for (uint tile = grp; tile < p.batch * across * down; tile += ng) {
    uint z = tile / (across * down);
    uint i0 = tile / across % down * TILE, j0 = tile % across * TILE;
    uint a0 = start(p.a, z, p.inner), b0 = start(p.b, z, p.inner), c0 = start(p.c, z, p.inner);
    // Once, but for a smaller group, which does the shares of others as well.
    for (uint first = 0; first < SHARES; first += nt / 32) {
      uint share = first + sg, y = share / 2 * (TILE / 2), x = share % 2 * (TILE / 2);
      // Loops over matrices are unrolled, for registers have no index.
      simdgroup_float8x8 sum[SIDE][SIDE];
#pragma unroll
      for (uint r = 0; r < SIDE; r++) {
#pragma unroll
        for (uint q = 0; q < SIDE; q++) sum[r][q] = simdgroup_float8x8(0.0f);
      }
      for (uint k0 = 0; k0 < p.k; k0 += DEPTH) {
        // Neighbouring threads read neighbouring elements, whichever way a matrix lies.
        for (uint e = tid; e < TILE * DEPTH; e += nt) {
          uint i = a_by_column ? e / DEPTH : e % TILE, k = a_by_column ? e % DEPTH : e / TILE;
          bool inside = i0 + i < p.m && k0 + k < p.k;
          left[i][k] = inside ? a[a0 + (i0 + i) * p.a.row + (k0 + k) * p.a.column] : 0.0f;
        }
        for (uint e = tid; e < TILE * DEPTH; e += nt) {
          uint j = b_by_row ? e / DEPTH : e % TILE, k = b_by_row ? e % DEPTH : e / TILE;
          bool inside = j0 + j < p.n && k0 + k < p.k;
          right[k][j] = inside ? b[b0 + (k0 + k) * p.b.row + (j0 + j) * p.b.column] : 0.0f;
        }
        threadgroup_barrier(mem_flags::mem_threadgroup);
        if (share < SHARES) {
          for (uint k = 0; k < DEPTH; k += 8) {
            simdgroup_float8x8 l[SIDE], r[SIDE];
#pragma unroll
            for (uint s = 0; s < SIDE; s++) {
              simdgroup_load(l[s], &left[y + 8 * s][k], DEPTH + PADDING);
              simdgroup_load(r[s], &right[k][x + 8 * s], TILE + PADDING);
            }
#pragma unroll
            for (uint s = 0; s < SIDE; s++) {
#pragma unroll
              for (uint q = 0; q < SIDE; q++) {
                simdgroup_multiply_accumulate(sum[s][q], l[s], r[q], sum[s][q]);
              }
            }
          }
        }
        threadgroup_barrier(mem_flags::mem_threadgroup);
      }
      if (share < SHARES) {
        // Which lane holds which element only a store knows: hence the way by `piece`.
#pragma unroll
        for (uint s = 0; s < SIDE * SIDE; s++) {
          simdgroup_store(sum[s / SIDE][s % SIDE], &piece[sg][0], 8);
          simdgroup_barrier(mem_flags::mem_threadgroup);
          for (uint e = lane; e < 64; e += 32) {
            uint i = i0 + y + s / SIDE * 8 + e / 8, j = j0 + x + s % SIDE * 8 + e % 8;
            if (i < p.m && j < p.n) {
              c[c0 + i * p.c.row + j * p.c.column] = piece[sg][e];
            }
          }
          simdgroup_barrier(mem_flags::mem_threadgroup);
        }
      }
    }
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
