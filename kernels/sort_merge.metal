// to[i] = the k of x[i, k] in order, from those in order in runs of `run`: two runs become one.
//
// Buffers: x: uint, the bits of 32; from, to: uint, in order, `length` a row; p; done: uint, one a
//   group. Element (i, k) of x is at x_at + i / inner * outer + i % inner + k * step. kind 0 is
//   uint, 1 int, 2 float: NaN above all others, -0 as 0. The least is the first; the largest if
//   `falling`.
// Group size: 256. Any smaller one is as right. 256 elements are worth a group.
// Sizes: at least 1; every place fits an int; the places in a run are less than those in the next.
// Compared with a stable sort: equal.
#include <metal_stdlib>
using namespace metal;

struct P {
  uint rows, length, run, inner, outer, step, x_at, kind, falling;
};

// Bits as integers of the same order, or of the opposite one.
inline uint key(uint x, uint kind, uint falling) {
  bool is_nan = (x & 0x7fffffffu) > 0x7f800000u, zero = (x & 0x7fffffffu) == 0;
  uint real = zero ? 0x80000000u : x >> 31 ? ~x : x | 0x80000000u;
  uint rising = kind == 0 ? x : kind == 1 ? x ^ 0x80000000u : is_nan ? 0xffffffffu : real;
  return falling ? ~rising : rising;
}

[[max_total_threads_per_threadgroup(256)]]
kernel void sort_merge(
    device const uint* x [[buffer(0)]],
    device const uint* from [[buffer(1)]],
    device uint* to [[buffer(2)]],
    constant P& p [[buffer(3)]],
    device uint* done [[buffer(4)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]]) {
  for (uint point = grp * nt + tid; point < p.rows * p.length; point += ng * nt) {
    uint row = point / p.length, k = point % p.length, base = point - k;
    uint start = p.x_at + row / p.inner * p.outer + row % p.inner;
    uint place = from[point], mine = key(x[start + place * p.step], p.kind, p.falling);
    uint pair = k / (2 * p.run) * 2 * p.run, middle = min(pair + p.run, p.length);
    bool second = k >= middle;
    // How many of the other run come first: of the first run equals do, of the second they do not.
    uint low = second ? pair : middle, high = second ? middle : min(pair + 2 * p.run, p.length);
    while (low < high) {
      uint half_way = low + (high - low) / 2;
      uint theirs = key(x[start + from[base + half_way] * p.step], p.kind, p.falling);
      bool before = second ? theirs <= mine : theirs < mine;
      low = before ? half_way + 1 : low;
      high = before ? high : half_way;
    }
    to[base + k + low - middle] = place;
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
