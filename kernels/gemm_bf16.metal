// c[z, i, j] = Σₖ a[z, i, k] b[z, k, j], in tiles of 64 x 64. Of bfloat16, whose products are added
// up as floats.
//
// Buffers: a, b: ushort, the bits of bfloat16; c: ushort, alike; p; done: uint, one a group.
//   Element (z, i, j) of a matrix m is at
//   m.at + z / inner * m.outer + z % inner * m.inner + i * m.row + j * m.column,
//   so that a batch has one or two axes, and what is broadcast has a stride of 0.
// Group size: 256. Any smaller one is as right, and slower. A tile is worth a group.
// Sizes: at least 1; every place fits an int; elements of c do not share places.
// Compared with the product in f64, rounded to bfloat16: within one unit in the last place of the
//   result and (k + 2) 2^-24 Σ |a| |b|. NaN and infinity are passed on.
#include <metal_stdlib>
using namespace metal;

#define THREADS 256
#define TILE 64
#define DEPTH 16
#define SIDE 4    // of a thread's share, whose elements are
#define APART 16  // rows and columns apart: neighbouring threads have neighbouring columns

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

inline float widened(ushort x) {
  return as_type<float>(uint(x) << 16);
}

// To nearest even; NaN by bits, for fast math knows none.
inline ushort rounded(float x) {
  uint u = as_type<uint>(x);
  bool is_nan = (u & 0x7fffffffu) > 0x7f800000u;
  return ushort((is_nan ? u | 0x400000u : u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}

[[max_total_threads_per_threadgroup(256)]]
kernel void gemm_bf16(
    device const ushort* a [[buffer(0)]],
    device const ushort* b [[buffer(1)]],
    device ushort* c [[buffer(2)]],
    constant P& p [[buffer(3)]],
    device uint* done [[buffer(4)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]]) {
  // A column more than is used, so that threads do not wait for one bank.
  threadgroup float left[DEPTH][TILE + 1];
  threadgroup float right[DEPTH][TILE + 1];
  uint across = (p.n + TILE - 1) / TILE, down = (p.m + TILE - 1) / TILE;
  bool a_by_column = p.a.column <= p.a.row, b_by_row = p.b.row < p.b.column;
  for (uint tile = grp; tile < p.batch * across * down; tile += ng) {
    uint z = tile / (across * down);
    uint i0 = tile / across % down * TILE, j0 = tile % across * TILE;
    uint a0 = start(p.a, z, p.inner), b0 = start(p.b, z, p.inner), c0 = start(p.c, z, p.inner);
    // Once, but for a smaller group, which does the shares of others as well.
    for (uint first = 0; first < THREADS; first += nt) {
      uint share = first + tid, x = share % APART, y = share / APART;
      float sum[SIDE][SIDE];
      for (uint r = 0; r < SIDE; r++) {
        for (uint q = 0; q < SIDE; q++) sum[r][q] = 0.0f;
      }
      for (uint k0 = 0; k0 < p.k; k0 += DEPTH) {
        // Neighbouring threads read neighbouring elements, whichever way a matrix lies.
        for (uint e = tid; e < TILE * DEPTH; e += nt) {
          uint i = a_by_column ? e / DEPTH : e % TILE, k = a_by_column ? e % DEPTH : e / TILE;
          bool inside = i0 + i < p.m && k0 + k < p.k;
          left[k][i] = inside ? widened(a[a0 + (i0 + i) * p.a.row + (k0 + k) * p.a.column]) : 0.0f;
        }
        for (uint e = tid; e < TILE * DEPTH; e += nt) {
          uint j = b_by_row ? e / DEPTH : e % TILE, k = b_by_row ? e % DEPTH : e / TILE;
          bool inside = j0 + j < p.n && k0 + k < p.k;
          right[k][j] = inside ? widened(b[b0 + (k0 + k) * p.b.row + (j0 + j) * p.b.column]) : 0.0f;
        }
        threadgroup_barrier(mem_flags::mem_threadgroup);
        if (share < THREADS) {
          for (uint k = 0; k < DEPTH; k++) {
            float l[SIDE], r[SIDE];
            for (uint s = 0; s < SIDE; s++) {
              l[s] = left[k][y + s * APART];
              r[s] = right[k][x + s * APART];
            }
            for (uint s = 0; s < SIDE; s++) {
              for (uint q = 0; q < SIDE; q++) sum[s][q] += l[s] * r[q];
            }
          }
        }
        threadgroup_barrier(mem_flags::mem_threadgroup);
      }
      for (uint r = 0; r < SIDE; r++) {
        for (uint q = 0; q < SIDE; q++) {
          uint i = i0 + y + r * APART, j = j0 + x + q * APART;
          if (share < THREADS && i < p.m && j < p.n) {
            c[c0 + i * p.c.row + j * p.c.column] = rounded(sum[r][q]);
          }
        }
      }
    }
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
