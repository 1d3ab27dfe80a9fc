// Memory of the buffers: each ends in the middle of 32 GiB of nothing, so that whatever 32-bit
// index goes astray faults, and the address says which buffer it strayed from.
#pragma once

namespace emu {

constexpr u64 ROOM = 32ul << 30, BUFFERS = 31, ALIGN = 16;

// As Python passes it. One for each buffer object, however often it is bound.
struct Buffer {
  char* host;
  u64 bytes;
  u32 index, granule, writable, unused;
};

static char* arena;

static bool make_arena() {
  if (arena) return true;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* memory = mmap(0, ROOM * BUFFERS, PROT_NONE, flags, -1, 0);
  arena = memory == MAP_FAILED ? 0 : (char*)memory;
  return arena;
}

static char* end_of(u32 room) { return arena + ROOM * room + ROOM / 2; }

// A multiple of 16 bytes, the widest vector: only the slack up to it is not guarded by a page.
static u64 rounded(u64 bytes) { return (bytes + ALIGN - 1) / ALIGN * ALIGN; }
static u64 pages(u64 bytes) { return (rounded(bytes) + PAGE - 1) / PAGE * PAGE; }

static char* move_in(u32 room, const Buffer& buffer) {
  char* pages_begin = end_of(room) - pages(buffer.bytes);
  mprotect(pages_begin, pages(buffer.bytes), PROT_READ | PROT_WRITE);
  char* memory = end_of(room) - rounded(buffer.bytes);
  memcpy(memory, buffer.host, buffer.bytes);
  return memory;
}

static void move_out(u32 room, const Buffer& buffer) {
  if (buffer.writable) memcpy(buffer.host, end_of(room) - rounded(buffer.bytes), buffer.bytes);
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  mmap(end_of(room) - pages(buffer.bytes), pages(buffer.bytes), PROT_NONE, flags, -1, 0);
}

}  // namespace emu
