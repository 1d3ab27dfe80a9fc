// What is found to be wrong, as numbers; Python puts it into words.
#pragma once

namespace emu {

enum Kind : u32 {
  WRITE_AFTER_WRITE, WRITE_AFTER_READ, READ_AFTER_WRITE,
  READ_OUTSIDE, WRITE_OUTSIDE, UNINITIALISED, CONST_WRITTEN,
  BARRIER_DIFFERS, BARRIER_MISSED, SIMD_DIVERGED, SHUFFLE_DIFFERS, SHUFFLE_OUTSIDE,
  FAULT, ENDLESS,
};

// A place is an offset into the kernel's library, or a line of the text.
constexpr u32 LINE = 1u << 31;
static u32 at_line(int line) { return LINE | (u32)line; }

constexpr int THREADGROUP = -1, NOWHERE = -2;  // for a buffer

struct Finding {
  u32 kind, place, earlier;
  int buffer;
  u32 variable;
  int signal;
  long offset;
  u32 bytes, thread, group, other_thread, other_group, count;
};

constexpr u32 MOST = 8;
static Finding findings[MOST];
static u32 found;

// One of a kind is enough for a place: the same line errs for every thread.
static Finding& report(Kind kind, u32 place) {
  static Finding spare;
  u32 i = 0;
  while (i < found && (findings[i].kind != kind || findings[i].place != place)) i++;
  if (i < found || found == MOST) return spare;
  Finding& f = findings[found++];
  f = Finding{};
  f.kind = kind;
  f.place = place;
  f.buffer = NOWHERE;
  return f;
}

}  // namespace emu
