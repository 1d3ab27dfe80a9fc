// What compiled kernels and the runtime know of each other.
#pragma once

namespace emu {

typedef unsigned int u32;
typedef unsigned long u64;

constexpr u32 SIMD_WIDTH = 32;
constexpr u32 SLOT = 64;  // bytes of a lane's deposit in a simdgroup operation
constexpr u32 NO_THREAD = ~0u;

enum Use : u32 { LOAD, STORE, UPDATE };  // of something atomic

// Where the parameters of a kernel come from; the fields are named as MSL names them.
struct Context {
  u32 thread_position_in_grid[3], thread_position_in_threadgroup[3];
  u32 threadgroup_position_in_grid[3];
  u32 threads_per_grid[3], threads_per_threadgroup[3], threadgroups_per_grid[3];
  u32 thread_index_in_threadgroup, thread_index_in_simdgroup, simdgroup_index_in_threadgroup;
  u32 threads_per_simdgroup, simdgroups_per_threadgroup;
  void** buffers;
};

struct Parameter {
  u32 index, bytes, granule, writable;  // granule: bytes of the smallest unit that is stored
};

// A threadgroup array. They stand side by side in a section of their own, hence the alignment.
struct alignas(32) Variable {
  char* address;
  const char* name;
  u32 bytes, granule, line;
};

struct Kernel {
  const char* name;
  void (*run)();
  u32 text, limit, parameter_count;
  const Parameter* parameters;
  const Variable *variables, *variables_end;
  char *memory, *memory_end;  // threadgroup memory
};

}  // namespace emu

extern "C" {
extern emu::Context emu_context;
emu::u32 emu_next_thread();  // ends the thread that ran on this fiber, and starts another
void emu_barrier(int flags, int line);
void emu_simd_barrier(int flags, int line);
// Deposits a value. True for the last lane to come: it computes for all, then calls release.
bool emu_simd_arrive(int operation, int line, const void* value, emu::u32 bytes, char** slots);
void emu_simd_release();
emu::u32 emu_lane();
void emu_shuffle_differs(int line);
void emu_shuffle_outside(int line);
void emu_atomic(const volatile void* address, emu::u32 bytes, emu::Use use, int line);
bool emu_spurious();  // may a weak exchange fail for no reason?
}
