// The emulator's machine: one dispatch of one kernel, on this thread. Loaded once a process.
#include "abi.h"
#include <dlfcn.h>
#include <immintrin.h>
#include <link.h>
#include <string.h>
#include "fiber.h"
#include "finding.h"
#include "arena.h"
#include "schedule.h"
#include "shadow.h"
#include "signals.h"

namespace emu {

constexpr u32 FLUSH_DENORMALS = 0x8040;  // of MXCSR: results and operands

struct Options {
  u32 order, seed, checked, unused;
  double seconds;
};

static int library_of(struct dl_phdr_info* info, size_t, void* kernel) {
  char *begin = (char*)~0ul, *end = 0, *function = *(char**)kernel;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    char* from = (char*)info->dlpi_addr + segment.p_vaddr;
    if (from < begin) begin = from;
    if (from + segment.p_memsz > end) end = from + segment.p_memsz;
  }
  if (function < begin || function >= end) return 0;
  library = begin;
  library_end = end;
  return 1;
}

// Groups in the order wanted; the random one is by a step that shares no divisor with their number.
struct Groups {
  u32 count, step = 1, first = 0;
  explicit Groups(u32 n) : count(n) {
    if (wanted != RANDOM || n == 1) return;
    first = random_below(n);
    do step = 1 + random_below(n);
    while (divisor(step, n) != 1);
  }
  static u32 divisor(u32 a, u32 b) { return b ? divisor(b, a % b) : a; }
  u32 operator[](u32 i) const {
    return wanted == DESCENDING ? count - 1 - i : (u32)((first + (u64)i * step) % count);
  }
};

static void set_regions(const Kernel& kernel, const Buffer* bound, u32 count, char** memory) {
  room_count = count;
  variable_count = kernel.variables_end - kernel.variables;
  for (u32 i = 0; i < count; i++) {
    const Buffer& b = bound[i];
    char* end = memory[i] + b.bytes;
    buffers[i] = Region{memory[i], end, (int)b.index, 0, b.granule, b.writable, 0};
    if (checking) give_cells(buffers[i]);
  }
  for (u32 i = 0; i < variable_count; i++) {
    const Variable& v = kernel.variables[i];
    variables[i] = Region{v.address, v.address + v.bytes, THREADGROUP, i, v.granule, 1, 0};
    if (checking) give_cells(variables[i]);
  }
}

static void run_groups(const Kernel& kernel, u32 count) {
  Groups groups(count);
  for (u32 i = 0; i < count && !aborted; i++) {
    // Nothing is promised of threadgroup memory: all bits set are NaN, and indices far away.
    memset(kernel.memory, 0xFF, kernel.memory_end - kernel.memory);
    run_group(groups[i]);
  }
}

}  // namespace emu

// `rooms[i]` is the buffer of `bound` that index i is bound to. Returns the number of findings, or
// -1 if there is no address space for the buffers.
extern "C" int emu_dispatch(const Kernel* kernel, const Buffer* bound, u32 bound_count,
                            const u32* rooms, u32 index_count, u32 groups, u32 group_threads,
                            const Options* options, const Finding** result) {
  if (!make_arena()) return -1;
  found = 0;
  aborted = false;
  wanted = (Order)options->order;
  random_state = 88172645463325252ul ^ (options->seed + 1) * 0x9E3779B97F4A7C15ul;
  checking = options->checked;
  kernel_entry = kernel->run;
  thread_count = group_threads;
  dl_iterate_phdr(library_of, (void*)&kernel->run);

  char* memory[BUFFERS];
  void* by_index[BUFFERS];
  for (u32 i = 0; i < bound_count; i++) memory[i] = move_in(i, bound[i]);
  for (u32 i = 0; i < index_count; i++) by_index[i] = memory[rooms[i]];
  set_regions(*kernel, bound, bound_count, memory);

  Context& c = emu_context;
  c = Context{};
  for (int axis = 0; axis < 3; axis++)
    c.threads_per_grid[axis] = c.threads_per_threadgroup[axis] = c.threadgroups_per_grid[axis] = 1;
  c.threads_per_grid[0] = groups * group_threads;
  c.threads_per_threadgroup[0] = group_threads;
  c.threadgroups_per_grid[0] = groups;
  c.threads_per_simdgroup = SIMD_WIDTH;
  c.simdgroups_per_threadgroup = group_threads / SIMD_WIDTH;
  c.buffers = by_index;

  static char stack_for_signals[64 << 10];
  stack_t ours = {stack_for_signals, 0, sizeof stack_for_signals}, theirs;
  sigaltstack(&ours, &theirs);
  handle_signals();
  timer_t watchdog = start_watchdog(options->seconds);
  u32 control = _mm_getcsr();
  _mm_setcsr(control | FLUSH_DENORMALS);
  host.thread = NO_THREAD;
  current = &host;
  inside_thread = gettid();
  if (!sigsetjmp(escape, 1)) {
    inside = true;
    run_groups(*kernel, groups);
  }
  inside = false;
  current = &host;
  _mm_setcsr(control);
  timer_delete(watchdog);
  leave_signals();
  sigaltstack(&theirs, 0);

  for (u32 i = 0; i < variable_count; i++) take_cells(variables[i]);
  for (u32 i = 0; i < bound_count; i++) {
    take_cells(buffers[i]);
    move_out(i, bound[i]);
  }
  *result = findings;
  return (int)found;
}
