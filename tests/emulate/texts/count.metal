// How often each byte occurs: counted in threadgroup memory, then added up on the device.
#include <metal_stdlib>
#include <metal_atomic>
using namespace metal;

kernel void count(
    device const uchar* x [[buffer(0)]],
    device atomic_uint* total [[buffer(1)]],
    constant uint& n [[buffer(2)]],
    uint i [[thread_position_in_grid]],
    uint all [[threads_per_grid]],
    ushort tid [[thread_index_in_threadgroup]],
    ushort nt [[threads_per_threadgroup]]) {
  threadgroup atomic_uint here[256];
  for (uint b = tid; b < 256; b += nt) atomic_store_explicit(&here[b], 0, memory_order_relaxed);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint k = i; k < n; k += all)
    atomic_fetch_add_explicit(&here[x[k]], 1, memory_order_relaxed);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint b = tid; b < 256; b += nt) {
    uint seen = atomic_load_explicit(&here[b], memory_order_relaxed);
    atomic_fetch_add_explicit(&total[b], seen, memory_order_relaxed);
  }
}
