// y[i, k] = x[i, order[i, k]] for k < count, or the place order[i, k] itself if `places`.
//
// Buffers: x: uint, any elements of 32 bits; order: uint, in order, `length` a row; y: uint; p;
//   done: uint, one a group. Element (i, k) is in x and y at
//   at + i / inner * outer + i % inner + k * step, which is any axis of arrays in order, of which y
//   has an outer stride of its own.
// Group size: 256. Any smaller one is as right. 256 elements are worth a group.
// Sizes: at least 1; count <= length; every place fits an int; all of `order` is below `length`.
// Compared with numpy's take_along_axis: equal.
#include <metal_stdlib>
using namespace metal;

struct P {
  uint rows, length, inner, outer, step, x_at, y_at, count, y_outer, places;
};

[[max_total_threads_per_threadgroup(256)]]
kernel void permute(
    device const uint* x [[buffer(0)]],
    device const uint* order [[buffer(1)]],
    device uint* y [[buffer(2)]],
    constant P& p [[buffer(3)]],
    device uint* done [[buffer(4)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]]) {
  for (uint point = grp * nt + tid; point < p.rows * p.count; point += ng * nt) {
    uint row = point / p.count, k = point % p.count, place = order[row * p.length + k];
    uint start = row / p.inner * p.outer + row % p.inner;
    uint y_start = row / p.inner * p.y_outer + row % p.inner;
    uint element = x[p.x_at + start + place * p.step];
    y[p.y_at + y_start + k * p.step] = p.places ? place : element;
  }
  if (tid == 0) {
    done[grp] = ng;
  }
}
