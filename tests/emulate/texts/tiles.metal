// c = a @ b by simdgroup matrices of 8 x 8; all sizes are multiples of 8.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;

struct P {
  uint m, n, k;
};

[[max_total_threads_per_threadgroup(64)]]
kernel void tiles(device const float* a [[buffer(0)]], device const float* b [[buffer(1)]],
                  device float* c [[buffer(2)]], constant P& p [[buffer(3)]],
                  uint grp [[threadgroup_position_in_grid]],
                  uint ng [[threadgroups_per_grid]],
                  uint sg [[simdgroup_index_in_threadgroup]],
                  uint nsg [[simdgroups_per_threadgroup]]) {
  uint across = p.n / 8, down = p.m / 8;
  for (uint tile = grp * nsg + sg; tile < across * down; tile += ng * nsg) {
    uint row = tile / across * 8, column = tile % across * 8;
    simdgroup_float8x8 sum = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
    for (uint k = 0; k < p.k; k += 8) {
      simdgroup_float8x8 left, right;
      simdgroup_load(left, a + row * p.k + k, p.k);
      simdgroup_load(right, b, p.n, ulong2(column, k));
      simdgroup_multiply_accumulate(sum, left, right, sum);
    }
    simdgroup_store(sum, c + row * p.n + column, p.n);
  }
}
