// y[i] = exp(x[i] - max x) / sum exp(x - max x), a threadgroup for a row.
#include <metal_stdlib>
using namespace metal;

struct P {
  uint rows;
  uint columns;
};

[[max_total_threads_per_threadgroup(256)]]
kernel void softmax(
    device const float* x [[buffer(0)]],
    device float* y [[buffer(1)]],
    constant P& p [[buffer(2)]],
    uint tid [[thread_position_in_threadgroup]],
    uint grp [[threadgroup_position_in_grid]],
    uint nt [[threads_per_threadgroup]],
    uint ng [[threadgroups_per_grid]],
    uint lane [[thread_index_in_simdgroup]],
    uint sg [[simdgroup_index_in_threadgroup]]) {
  threadgroup float slots[32];
  for (uint row = grp; row < p.rows; row += ng) {
    device const float* from = x + row * p.columns;
    device float* to = y + row * p.columns;
    float most = -3.0e38;
    for (uint k = tid; k < p.columns; k += nt) most = max(most, from[k]);
    most = simd_max(most);
    if (lane == 0) slots[sg] = most;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    most = slots[0];
    for (uint s = 1; s < nt / 32; s++) most = max(most, slots[s]);
    threadgroup_barrier(mem_flags::mem_threadgroup);
    float sum = 0.0;
    for (uint k = tid; k < p.columns; k += nt) sum += precise::exp(from[k] - most);
    sum = simd_sum(sum);
    if (lane == 0) slots[sg] = sum;
    threadgroup_barrier(mem_flags::mem_threadgroup);
    sum = slots[0];
    for (uint s = 1; s < nt / 32; s++) sum += slots[s];
    threadgroup_barrier(mem_flags::mem_threadgroup);
    for (uint k = tid; k < p.columns; k += nt) to[k] = precise::exp(from[k] - most) / sum;
  }
}
