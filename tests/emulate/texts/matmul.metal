// c = a @ b in tiles of 16 x 16, each thread an element.
#include <metal_stdlib>
using namespace metal;

#define TILE 16

struct P {
  uint m, n, k;
};

[[max_total_threads_per_threadgroup(TILE * TILE)]]
kernel void matmul(device const float* a [[buffer(0)]], device const float* b [[buffer(1)]],
                   device float* c [[buffer(2)]], constant P& p [[buffer(3)]],
                   uint tid [[thread_position_in_threadgroup]],
                   uint grp [[threadgroup_position_in_grid]], uint ng [[threadgroups_per_grid]]) {
  threadgroup float left[TILE][TILE];
  threadgroup float right[TILE][TILE];
  uint across = (p.n + TILE - 1) / TILE, down = (p.m + TILE - 1) / TILE;
  uint y = tid / TILE, x = tid % TILE;
  for (uint tile = grp; tile < across * down; tile += ng) {
    uint row = tile / across * TILE + y, column = tile % across * TILE + x;
    float sum = 0;
    for (uint first = 0; first < p.k; first += TILE) {
      left[y][x] = row < p.m && first + x < p.k ? a[row * p.k + first + x] : 0.0;
      right[y][x] = first + y < p.k && column < p.n ? b[(first + y) * p.n + column] : 0.0;
      threadgroup_barrier(mem_flags::mem_threadgroup);
      for (uint i = 0; i < TILE; i++) sum += left[y][i] * right[i][x];
      threadgroup_barrier(mem_flags::mem_threadgroup);
    }
    if (row < p.m && column < p.n) c[row * p.n + column] = sum;
  }
}
