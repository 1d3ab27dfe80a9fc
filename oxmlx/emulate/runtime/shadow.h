// Checks every access that the compiler announces (-fsanitize=thread, with hooks of our own).
// Shadow cells remember who wrote and read last, so a race is found in whatever order threads run.
#pragma once

namespace emu {

struct Access {
  u32 group;  // one more than its number: 0 is nobody
  u32 epoch, meeting, place;
  unsigned short thread, simd_epoch;
  bool several : 1, simdgroups : 1, groups : 1;  // by more than one of them
  bool atomic : 1, update : 1;
};
struct Cell {
  Access written, read;
};

// Memory that is checked. Cells are as wide as what is stored in it.
struct Region {
  char *begin, *end;
  int buffer;
  u32 variable, granule, writable;
  Cell* cells;
};

static Region buffers[BUFFERS], variables[1024];
static u32 room_count, variable_count;
static bool checking;
static char *library, *library_end;  // of the kernel

static u64 cell_bytes(const Region& r) {
  return ((r.end - r.begin) / r.granule + 2) * sizeof(Cell);
}

static void give_cells(Region& r) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  r.cells = (Cell*)mmap(0, cell_bytes(r), PROT_READ | PROT_WRITE, flags, -1, 0);
}

static void take_cells(Region& r) {
  if (r.cells) munmap(r.cells, cell_bytes(r));
  r.cells = 0;
}

// The region that an address is in, or strayed from.
static Region* nearest(const char* address) {
  if (address >= arena && address < arena + ROOM * BUFFERS) {
    u64 room = (address - arena) / ROOM;
    return room < room_count ? &buffers[room] : 0;
  }
  Region* best = 0;
  for (u32 v = 0; v < variable_count; v++)
    if (variables[v].begin <= address) best = &variables[v];
  if (best && address >= best->end + PAGE) return 0;
  return best;
}

static void locate(Finding& f, const char* address, const Region* r) {
  f.thread = current->thread;
  f.group = group;
  if (!r) return;
  f.buffer = r->buffer;
  f.variable = r->variable;
  f.offset = address - r->begin;
}

// The epochs of a memory: the group's, and that of the simdgroup that accesses it.
struct Now {
  bool threadgroup;
  u32 epoch;
  unsigned short simd_epoch;
  explicit Now(bool is_threadgroup) : threadgroup(is_threadgroup) {
    const Epochs& simd = simd_epochs[simdgroup_of(current->thread)];
    epoch = threadgroup ? epochs.threadgroup : epochs.device;
    simd_epoch = (unsigned short)(threadgroup ? simd.threadgroup : simd.device);
  }
};

static bool conflicts(const Access& before, const Now& now) {
  if (!before.group) return false;
  if (before.group != group + 1) return !now.threadgroup;
  if (before.groups && !now.threadgroup) return true;
  if (before.epoch != now.epoch) return false;
  u32 t = current->thread, s = simdgroup_of(t);
  if (before.thread == t && !before.several) return false;
  bool fenced = before.simd_epoch != now.simd_epoch;
  return before.simdgroups || simdgroup_of(before.thread) != s || !fenced;
}

// Atomic accesses race with plain ones only. But where a barrier stands between a store and another
// access, an order is meant: then it has to be of this memory.
static bool allowed(const Access& before, bool atomic, bool update) {
  if (!atomic || !before.atomic) return false;
  bool ordered = before.group == group + 1 && before.meeting != meetings;
  return !ordered || (update && before.update);
}

static void remember(Access& a, const Now& now, bool atomic, bool update, u32 place) {
  u32 t = current->thread;
  bool same = a.group == group + 1 && a.epoch == now.epoch;
  bool groups = a.group && (a.groups || a.group != group + 1);
  bool several = same && (a.several || a.thread != t);
  bool simdgroups = same && (a.simdgroups || simdgroup_of(a.thread) != simdgroup_of(t));
  a = Access{group + 1, now.epoch, meetings, place, (unsigned short)t, now.simd_epoch,
             several, simdgroups, groups, atomic, update};
}

static void check(char* address, u32 bytes, bool writes, u32 place, bool atomic = false,
                  bool update = false) {
  if (!checking || current == &host) return;
  if (address >= current->stack && address < current->stack + STACK) return;
  Region* r = nearest(address);
  if (!r && address >= library && address < library_end) return;  // a constant of the program
  if (!r || address < r->begin || address + bytes > r->end) {
    Finding& f = report(writes ? WRITE_OUTSIDE : READ_OUTSIDE, place);
    locate(f, address, r);
    f.bytes = bytes;
    abandon();
  }
  if (writes && !r->writable) locate(report(CONST_WRITTEN, place), address, r);
  Now now(r->buffer == THREADGROUP);
  u32 first = (address - r->begin) / r->granule;
  u32 last = (address + bytes - 1 - r->begin) / r->granule;
  for (u32 i = first; i <= last; i++) {
    Cell& cell = r->cells[i];
    const Access* other = 0;
    Kind kind = UNINITIALISED;
    if (conflicts(cell.written, now) && !allowed(cell.written, atomic, update)) {
      other = &cell.written;
      kind = writes ? WRITE_AFTER_WRITE : READ_AFTER_WRITE;
    } else if (writes && conflicts(cell.read, now) &&
               !allowed(cell.read, atomic, update)) {
      other = &cell.read;
      kind = WRITE_AFTER_READ;
    }
    if (other || (now.threadgroup && !writes && cell.written.group != group + 1)) {
      Finding& f = report(kind, place);
      locate(f, address, r);
      f.bytes = bytes;
      if (other) {
        f.earlier = other->place;
        f.other_thread = other->thread;
        f.other_group = other->group - 1;
      }
      if (found == MOST) abandon();
    }
    remember(writes ? cell.written : cell.read, now, atomic, update, place);
  }
}

}  // namespace emu

void emu_atomic(const volatile void* address, u32 bytes, Use use, int line) {
  check((char*)address, bytes, use != LOAD, at_line(line), true, use == UPDATE);
}

#define CALLER ((u32)((char*)__builtin_return_address(0) - library - 1))
#define HOOKS(BYTES)                                                                \
  void __tsan_read##BYTES(char* a) { check(a, BYTES, false, CALLER); }              \
  void __tsan_write##BYTES(char* a) { check(a, BYTES, true, CALLER); }              \
  void __tsan_unaligned_read##BYTES(char* a) { check(a, BYTES, false, CALLER); }    \
  void __tsan_unaligned_write##BYTES(char* a) { check(a, BYTES, true, CALLER); }

extern "C" {
HOOKS(1) HOOKS(2) HOOKS(4) HOOKS(8) HOOKS(16)
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_read_range(char* a, u64 n) { check(a, n, false, CALLER); }
void __tsan_write_range(char* a, u64 n) { check(a, n, true, CALLER); }
void* __tsan_memcpy(char* to, char* from, u64 n) {
  check(from, n, false, CALLER);
  check(to, n, true, CALLER);
  return memcpy(to, from, n);
}
void* __tsan_memmove(char* to, char* from, u64 n) {
  check(from, n, false, CALLER);
  check(to, n, true, CALLER);
  return memmove(to, from, n);
}
void* __tsan_memset(char* to, int value, u64 n) {
  check(to, n, true, CALLER);
  return memset(to, value, n);
}
}
