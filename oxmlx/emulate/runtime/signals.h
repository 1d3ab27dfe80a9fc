// Faults and the watchdog end a kernel, not Python; a touch of guarded memory is noted and allowed.
#pragma once
#include <setjmp.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

namespace emu {

static sigjmp_buf escape;
static volatile bool inside;  // a kernel is running
static pid_t inside_thread;

// Host memory of a buffer that a queued run is going to use.
struct Guard {
  char* begin;
  u64 bytes;
  bool touched;
};
static Guard guards[1024];
static u32 guard_count;

static u32 alarms;

constexpr int SIGNALS[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL}, SIGNAL_COUNT = 4;
static struct sigaction before[SIGNAL_COUNT], before_alarm;
static bool handling;

static int alarm_signal() { return SIGRTMIN + 3; }

static u32 place_of(void* context) {
  char* pc = (char*)((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP];
  return pc >= library && pc < library_end ? (u32)(pc - library) : 0;
}

static void on_fault(int signal, siginfo_t* info, void* context) {
  char* address = (char*)info->si_addr;
  for (u32 i = 0; i < guard_count; i++) {
    Guard& g = guards[i];
    if (signal != SIGSEGV || address < g.begin || address >= g.begin + g.bytes) continue;
    g.touched = true;
    mprotect(g.begin, g.bytes, PROT_READ | PROT_WRITE);
    return;
  }
  if (!inside || gettid() != inside_thread) {  // not ours: as if we had never been here
    for (int i = 0; i < SIGNAL_COUNT; i++)
      if (SIGNALS[i] == signal) sigaction(signal, &before[i], 0);
    return;
  }
  Finding& f = report(FAULT, place_of(context));
  bool has_address = signal == SIGSEGV || signal == SIGBUS;
  locate(f, address, has_address ? nearest(address) : 0);
  f.signal = signal;
  siglongjmp(escape, 1);
}

static void on_alarm(int, siginfo_t*, void* context) {
  if (!inside || gettid() != inside_thread) return;
  // Stopped in our code or that of the C library it has no line: the next alarm may.
  if (!place_of(context) && ++alarms < 100) return;
  Finding& f = report(ENDLESS, place_of(context));
  locate(f, 0, 0);
  if (current->thread != NO_THREAD) f.earlier = at_line(threads[current->thread].line);
  siglongjmp(escape, 1);
}

static void handle_signals() {
  if (handling) return;
  handling = true;
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  action.sa_sigaction = on_fault;
  for (int i = 0; i < SIGNAL_COUNT; i++) sigaction(SIGNALS[i], &action, &before[i]);
  action.sa_sigaction = on_alarm;
  sigaction(alarm_signal(), &action, &before_alarm);
}

static void leave_signals() {
  if (!handling || guard_count) return;
  handling = false;
  for (int i = 0; i < SIGNAL_COUNT; i++) sigaction(SIGNALS[i], &before[i], 0);
  sigaction(alarm_signal(), &before_alarm, 0);
}

static timer_t start_watchdog(double seconds) {
  struct sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = alarm_signal();
  event._sigev_un._tid = gettid();
  timer_t timer;
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  alarms = 0;
  struct itimerspec when = {};
  when.it_interval.tv_nsec = 1000003;
  when.it_value.tv_sec = (time_t)seconds;
  when.it_value.tv_nsec = (long)((seconds - (time_t)seconds) * 1e9);
  timer_settime(timer, 0, &when, 0);
  return timer;
}

}  // namespace emu

// Protects a buffer from the host while runs are queued; `allowed`: 0 nothing, 1 reading, 2 all.
// Returns whether the host has touched it in spite of that.
extern "C" bool emu_guard(char* memory, u64 bytes, int allowed) {
  u32 i = 0;
  while (i < guard_count && guards[i].begin != memory) i++;
  bool touched = i < guard_count && guards[i].touched;
  if (allowed == 2) {
    if (i < guard_count) guards[i] = guards[--guard_count];
  } else if (i < 1024) {
    if (i == guard_count) guards[guard_count++] = Guard{memory, bytes, false};
    handle_signals();
  }
  int protection = allowed == 2 ? PROT_READ | PROT_WRITE : allowed ? PROT_READ : PROT_NONE;
  if (!touched || allowed == 2) mprotect(memory, bytes, protection);
  leave_signals();
  return touched;
}
