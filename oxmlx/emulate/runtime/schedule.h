// Runs the threads of one threadgroup on fibers, in the order that is asked for.
#pragma once

namespace emu {

enum Order : u32 { ASCENDING, DESCENDING, RANDOM };
enum State : unsigned char { UNSTARTED, READY, AT_BARRIER, AT_SIMD, DONE };

constexpr u32 MOST_THREADS = 1024, MOST_SIMDGROUPS = MOST_THREADS / SIMD_WIDTH;

struct Thread {
  Fiber* fiber;
  State state;
  int line, operation;
};

static Thread threads[MOST_THREADS];
static u32 thread_count, order[MOST_THREADS], started, done;
static Order wanted;
static void (*kernel_entry)();
static u32 group;  // that runs now

static Fiber fibers[MOST_THREADS], *idle[MOST_THREADS], *ready[MOST_THREADS], host, *current;
static u32 fiber_count, idle_count, ready_first, ready_count;
static bool aborted;

// Barriers count up the epochs of the memory that they order; accesses of one epoch can race.
struct Epochs {
  u32 device, threadgroup;
  void pass(int flags) {
    device += flags & 1;
    threadgroup += flags >> 1 & 1;
  }
};
static Epochs epochs, simd_epochs[MOST_SIMDGROUPS];
static u32 waiting, meetings;
static int barrier_line;

static u32 arrived[MOST_SIMDGROUPS];
alignas(64) static char slots[MOST_SIMDGROUPS][SIMD_WIDTH][SLOT];

static u64 random_state;
static u32 random_below(u32 n) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (u32)(random_state >> 20) % n;
}

static u32 simdgroup_of(u32 thread) { return thread / SIMD_WIDTH; }

static void run_threads();

// The fiber to go on with; the host's when no thread can.
static Fiber* next_fiber() {
  if (aborted) return &host;
  bool unstarted = started < thread_count;
  bool start_first = unstarted && wanted == RANDOM && random_below(2);
  if (ready_count && !start_first) {
    Fiber*& first = ready[ready_first];
    if (wanted == RANDOM) {
      Fiber*& chosen = ready[(ready_first + random_below(ready_count)) % MOST_THREADS];
      Fiber* swapped = chosen;
      chosen = first;
      first = swapped;
    }
    ready_first = (ready_first + 1) % MOST_THREADS;
    ready_count--;
    return first;
  }
  if (!unstarted) return &host;
  Fiber* fiber = idle_count ? idle[--idle_count] : &fibers[fiber_count++];
  prepare(*fiber, run_threads);
  return fiber;
}

static void switch_to(Fiber* next) {
  Fiber* before = current;
  if (next == before) return;
  current = next;
  emu_switch(&before->stack_pointer, &next->stack_pointer);
}

static void wait() { switch_to(next_fiber()); }

static void wake(u32 thread) {
  threads[thread].state = READY;
  ready[(ready_first + ready_count++) % MOST_THREADS] = threads[thread].fiber;
}

// What a fiber does. A kernel that never waits runs all of its threads on one.
static void run_threads() {
  for (;;) {
    kernel_entry();
    idle[idle_count++] = current;
    wait();
  }
}

[[noreturn]] static void abandon() {
  aborted = true;
  switch_to(&host);
  __builtin_unreachable();
}

static void report_stuck() {
  for (u32 s = 0; s < thread_count / SIMD_WIDTH; s++) {
    if (!arrived[s]) continue;
    u32 mask = 0;
    Thread* first = 0;
    for (u32 lane = 0; lane < SIMD_WIDTH; lane++) {
      Thread& t = threads[s * SIMD_WIDTH + lane];
      if (t.state != AT_SIMD) continue;
      if (!first) first = &t;
      if (t.line == first->line && t.operation == first->operation) mask |= 1u << lane;
    }
    Finding& f = report(SIMD_DIVERGED, at_line(first->line));
    f.count = mask;
    f.thread = s;
    f.group = group;
    return;
  }
  Finding& f = report(BARRIER_MISSED, at_line(barrier_line));
  f.count = waiting;
  f.thread = thread_count;
  f.other_thread = done;
  f.group = group;
}

static void set_order() {
  for (u32 i = 0; i < thread_count; i++) order[i] = wanted == DESCENDING ? thread_count - 1 - i : i;
  if (wanted != RANDOM) return;
  for (u32 i = thread_count - 1; i; i--) {
    u32 j = random_below(i + 1), swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
}

static void run_group(u32 which) {
  group = which;
  emu_context.threadgroup_position_in_grid[0] = which;
  for (u32 i = 0; i < thread_count; i++) threads[i].state = UNSTARTED;
  memset(arrived, 0, sizeof arrived);
  memset(simd_epochs, 0, sizeof simd_epochs);
  epochs = Epochs{};
  started = done = waiting = meetings = 0;
  fiber_count = idle_count = ready_first = ready_count = 0;
  set_order();
  while (done < thread_count && !aborted) {
    Fiber* next = next_fiber();
    if (next == &host) {
      report_stuck();
      aborted = true;
    } else {
      switch_to(next);
    }
  }
}

}  // namespace emu

using namespace emu;

Context emu_context;

u32 emu_next_thread() {
  if (current->thread != NO_THREAD) {
    threads[current->thread].state = DONE;
    current->thread = NO_THREAD;
    done++;
  }
  if (started == thread_count || aborted) return NO_THREAD;
  u32 t = current->thread = order[started++];
  threads[t].fiber = current;
  threads[t].state = READY;
  threads[t].line = 0;
  Context& c = emu_context;
  c.thread_position_in_threadgroup[0] = c.thread_index_in_threadgroup = t;
  c.thread_position_in_grid[0] = group * thread_count + t;
  c.thread_index_in_simdgroup = t % SIMD_WIDTH;
  c.simdgroup_index_in_threadgroup = simdgroup_of(t);
  return t;
}

void emu_barrier(int flags, int line) {
  u32 t = current->thread;
  if (!waiting) barrier_line = line;
  if (line != barrier_line) {
    Finding& f = report(BARRIER_DIFFERS, at_line(line));
    f.earlier = at_line(barrier_line);
    f.thread = t;
    f.group = group;
    abandon();
  }
  threads[t].state = AT_BARRIER;
  threads[t].line = line;
  if (++waiting == thread_count) {
    waiting = 0;
    meetings++;
    epochs.pass(flags);
    for (u32 i = 0; i < thread_count; i++)
      if (i != t) wake(i);
    threads[t].state = READY;
    if (wanted != RANDOM) return;  // the last to come goes on at once
    wake(t);
  }
  wait();
}

u32 emu_lane() { return current->thread % SIMD_WIDTH; }

bool emu_simd_arrive(int operation, int line, const void* value, u32 bytes, char** deposits) {
  u32 t = current->thread, s = simdgroup_of(t);
  memcpy(slots[s][t % SIMD_WIDTH], value, bytes);
  *deposits = &slots[s][0][0];
  threads[t].state = AT_SIMD;
  threads[t].line = line;
  threads[t].operation = operation;
  if (++arrived[s] == SIMD_WIDTH) {
    bool same = true;
    for (u32 lane = 0; lane < SIMD_WIDTH; lane++) {
      Thread& other = threads[s * SIMD_WIDTH + lane];
      same &= other.line == line && other.operation == operation;
    }
    if (same) return true;
  }
  wait();
  return false;
}

void emu_simd_release() {
  u32 t = current->thread, s = simdgroup_of(t);
  arrived[s] = 0;
  for (u32 lane = 0; lane < SIMD_WIDTH; lane++)
    if (s * SIMD_WIDTH + lane != t) wake(s * SIMD_WIDTH + lane);
  threads[t].state = READY;
}

void emu_simd_barrier(int flags, int line) {
  char* deposits;
  if (emu_simd_arrive(-1 - flags, line, &flags, sizeof flags, &deposits)) {
    simd_epochs[simdgroup_of(current->thread)].pass(flags);
    emu_simd_release();
  }
}

bool emu_spurious() { return wanted == RANDOM && !random_below(8); }

static void report_shuffle(Kind kind, int line) {
  Finding& f = report(kind, at_line(line));
  f.thread = simdgroup_of(current->thread);
  f.group = group;
}
void emu_shuffle_differs(int line) { report_shuffle(SHUFFLE_DIFFERS, line); }
void emu_shuffle_outside(int line) { report_shuffle(SHUFFLE_OUTSIDE, line); }
