// A fiber is a stack that threads run on, one after another until one of them has to wait.
#pragma once
#include <sys/mman.h>

namespace emu {

constexpr u64 STACK = 256 << 10, PAGE = 4096;

struct Fiber {
  void* stack_pointer;
  char* stack;
  u32 thread;
};

}  // namespace emu

// Saves what a callee has to save, nothing else: a switch costs a few nanoseconds.
extern "C" void emu_switch(void** save, void** load);
asm(R"(
.text
.globl emu_switch
.hidden emu_switch
.type emu_switch,@function
emu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq (%rsi), %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size emu_switch,.-emu_switch
)");

namespace emu {

// Lays out the stack as if `entry` had been called and had switched away at once.
static void prepare(Fiber& fiber, void (*entry)()) {
  if (!fiber.stack) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char* memory = (char*)mmap(0, STACK + PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
    mprotect(memory, PAGE, PROT_NONE);
    fiber.stack = memory + PAGE;
  }
  void** top = (void**)(fiber.stack + STACK - 64);
  *--top = 0;  // the return address of `entry`, which keeps the stack aligned
  *--top = (void*)entry;
  for (int saved = 0; saved < 6; saved++) *--top = 0;
  fiber.stack_pointer = top;
  fiber.thread = NO_THREAD;
}

}  // namespace emu
