"""A team of threads, in native code: work is offered, claimed chunk by chunk, and waited for.

Whoever is awake claims the next chunk, the caller among them: a worker that did not start is not
missed. Who finds nothing to do stays awake for a moment, and then sleeps in the operating system.
"""

from __future__ import annotations

import ctypes
import time
from functools import cache
from typing import NamedTuple

from oxmlx.backends.llvm.target import target

BYTES, ALIGNMENT = 1152, 128
"""Of the memory of a team."""
MOST_CHUNKS = 0xFFFF
"""A ticket has 16 bits for them."""
SPIN = 200_000
"""Nanoseconds for which those who wait stay awake: what comes soon finds them at once."""
PAUSES = 32
"""Between two looks at the clock, when the core is offered to others."""

TEXT = """
; A team, each part in cache lines of its own. A ticket is generation << 32 | chunks << 16 | next.
; Chunks are counted when they are done; the bell is rung when there is work.
%Team = type {{
  i64, [120 x i8],                    ; 0 ticket
  i32, [124 x i8],                    ; 2 chunks done
  i32, [124 x i8],                    ; 4 bell
  i32, i32, [120 x i8],               ; 6 workers asleep, 7 is the caller asleep?
  ptr, ptr, i32, [108 x i8],          ; 9 function, 10 context, 11 is there a caller?
  i64, [120 x i8],                    ; 13 workers that have started
  [128 x i8], [128 x i8], [128 x i8]  ; 15 mutex, 16 work has come, 17 work is done
}}

declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_signal(ptr)
declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @sched_yield()
declare i32 @clock_gettime(i32, ptr)
declare void @{pause}({pause_takes})

define internal i64 @now() {{
entry:
  %time = alloca [2 x i64]
  %error = call i32 @clock_gettime(i32 {clock}, ptr %time)
  %seconds = load i64, ptr %time
  %rest.at = getelementptr i64, ptr %time, i64 1
  %rest = load i64, ptr %rest.at
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %rest
  ret i64 %now
}}

; Wait a little until a word is (or, if `be` is not set, is no longer) a value.
define internal void @spin(ptr %word, i32 %value, i1 %be) {{
entry:
  %start = call i64 @now()
  br label %round
round:
  %k = phi i64 [0, %entry], [%k.next, %pause], [0, %yield]
  %is = load atomic i32, ptr %word acquire, align 4
  %same = icmp eq i32 %is, %value
  %enough = icmp eq i1 %same, %be
  br i1 %enough, label %done, label %wait
wait:
  %tired = icmp eq i64 %k, {pauses}
  br i1 %tired, label %yield, label %pause
pause:
  call void @{pause}({pause_argument})
  %k.next = add i64 %k, 1
  br label %round
yield:
  %error = call i32 @sched_yield()
  %now = call i64 @now()
  %spent = sub i64 %now, %start
  %late = icmp sgt i64 %spent, {spin}
  br i1 %late, label %done, label %round
done:
  ret void
}}

; Wake two, who wake others: nobody spends long on it, however many there are.
define internal void @wake(ptr %team, ptr %condition) {{
entry:
  %mutex = getelementptr %Team, ptr %team, i32 0, i32 15
  %e1 = call i32 @pthread_mutex_lock(ptr %mutex)
  %e2 = call i32 @pthread_cond_signal(ptr %condition)
  %e3 = call i32 @pthread_cond_signal(ptr %condition)
  %e4 = call i32 @pthread_mutex_unlock(ptr %mutex)
  ret void
}}

; Sleep until a word is (or is no longer) a value; `sleepers` tells those who change it.
define internal void @sleep(ptr %team, ptr %condition, ptr %sleepers,
                            ptr %word, i32 %value, i1 %be) {{
entry:
  %mutex = getelementptr %Team, ptr %team, i32 0, i32 15
  %e1 = call i32 @pthread_mutex_lock(ptr %mutex)
  %before = atomicrmw add ptr %sleepers, i32 1 seq_cst
  br label %look
look:
  %is = load atomic i32, ptr %word seq_cst, align 4
  %same = icmp eq i32 %is, %value
  %enough = icmp eq i1 %same, %be
  br i1 %enough, label %done, label %wait
wait:
  %e2 = call i32 @pthread_cond_wait(ptr %condition, ptr %mutex)
  br label %look
done:
  %after = atomicrmw sub ptr %sleepers, i32 1 seq_cst
  %e3 = call i32 @pthread_mutex_unlock(ptr %mutex)
  ret void
}}

; Claim a chunk and run it: false if none is left. The generation in the ticket makes sure that a
; chunk is of the work that `function` and `context` are of.
define internal i1 @claim(ptr %team, i64 %thread) {{
entry:
  %first = load atomic i64, ptr %team acquire, align 8
  br label %try
try:
  %ticket = phi i64 [%first, %entry], [%seen, %take]
  %chunk = and i64 %ticket, 65535
  %high = lshr i64 %ticket, 16
  %chunks = and i64 %high, 65535
  %left = icmp ult i64 %chunk, %chunks
  br i1 %left, label %take, label %none
take:
  %next = add i64 %ticket, 1
  %pair = cmpxchg ptr %team, i64 %ticket, i64 %next acq_rel acquire
  %seen = extractvalue {{i64, i1}} %pair, 0
  %taken = extractvalue {{i64, i1}} %pair, 1
  br i1 %taken, label %run, label %try
run:
  %function.at = getelementptr %Team, ptr %team, i32 0, i32 9
  %function = load ptr, ptr %function.at
  %context.at = getelementptr %Team, ptr %team, i32 0, i32 10
  %context = load ptr, ptr %context.at
  call void %function(ptr %context, i64 %chunk, i64 %thread)
  %done.at = getelementptr %Team, ptr %team, i32 0, i32 2
  %before = atomicrmw add ptr %done.at, i32 1 seq_cst
  %done = add i32 %before, 1
  %all = trunc i64 %chunks to i32
  %last = icmp eq i32 %done, %all
  br i1 %last, label %tell, label %some
tell:
  %asleep.at = getelementptr %Team, ptr %team, i32 0, i32 7
  %asleep = load atomic i32, ptr %asleep.at seq_cst, align 4
  %sleeps = icmp ne i32 %asleep, 0
  br i1 %sleeps, label %wake, label %some
wake:
  %condition = getelementptr %Team, ptr %team, i32 0, i32 17
  call void @wake(ptr %team, ptr %condition)
  br label %some
some:
  ret i1 1
none:
  ret i1 0
}}

; The life of a worker.
define ptr @work(ptr %team) {{
entry:
  %started.at = getelementptr %Team, ptr %team, i32 0, i32 13
  %before = atomicrmw add ptr %started.at, i64 1 seq_cst
  %thread = add i64 %before, 1
  %bell.at = getelementptr %Team, ptr %team, i32 0, i32 4
  %asleep.at = getelementptr %Team, ptr %team, i32 0, i32 6
  %condition = getelementptr %Team, ptr %team, i32 0, i32 16
  br label %look
look:
  %bell = load atomic i32, ptr %bell.at acquire, align 4
  br label %claim
claim:
  %claimed = call i1 @claim(ptr %team, i64 %thread)
  br i1 %claimed, label %claim, label %wait
wait:
  call void @spin(ptr %bell.at, i32 %bell, i1 0)
  %now = load atomic i32, ptr %bell.at acquire, align 4
  %rung = icmp ne i32 %now, %bell
  br i1 %rung, label %look, label %park
park:
  call void @sleep(ptr %team, ptr %condition, ptr %asleep.at, ptr %bell.at, i32 %bell, i1 0)
  %ticket = load atomic i64, ptr %team monotonic, align 8
  %next = and i64 %ticket, 65535
  %high = lshr i64 %ticket, 16
  %chunks = and i64 %high, 65535
  %left = icmp ult i64 %next, %chunks
  br i1 %left, label %wake, label %look
wake:
  call void @wake(ptr %team, ptr %condition)
  br label %look
}}

define void @prepare(ptr %team) {{
entry:
  %mutex = getelementptr %Team, ptr %team, i32 0, i32 15
  %e1 = call i32 @pthread_mutex_init(ptr %mutex, ptr null)
  %work = getelementptr %Team, ptr %team, i32 0, i32 16
  %e2 = call i32 @pthread_cond_init(ptr %work, ptr null)
  %done = getelementptr %Team, ptr %team, i32 0, i32 17
  %e3 = call i32 @pthread_cond_init(ptr %done, ptr null)
  ret void
}}

; function(context, chunk, thread) for every chunk; the caller is thread 0. If the team is busy,
; with another caller or with the work that this one is called from, it is all done here.
define void @parallel(ptr %team, ptr %function, ptr %context, i64 %chunks) {{
entry:
  %taken.at = getelementptr %Team, ptr %team, i32 0, i32 11
  %pair = cmpxchg ptr %taken.at, i32 0, i32 1 acq_rel monotonic
  %free = extractvalue {{i32, i1}} %pair, 1
  br i1 %free, label %offer, label %alone
offer:
  %function.at = getelementptr %Team, ptr %team, i32 0, i32 9
  store ptr %function, ptr %function.at
  %context.at = getelementptr %Team, ptr %team, i32 0, i32 10
  store ptr %context, ptr %context.at
  %done.at = getelementptr %Team, ptr %team, i32 0, i32 2
  store atomic i32 0, ptr %done.at monotonic, align 4
  %old = load atomic i64, ptr %team monotonic, align 8
  %generation = lshr i64 %old, 32
  %next = add i64 %generation, 1
  %high = shl i64 %next, 32
  %middle = shl i64 %chunks, 16
  %ticket = or i64 %high, %middle
  store atomic i64 %ticket, ptr %team seq_cst, align 8
  %bell.at = getelementptr %Team, ptr %team, i32 0, i32 4
  %bell = atomicrmw add ptr %bell.at, i32 1 seq_cst
  %asleep.at = getelementptr %Team, ptr %team, i32 0, i32 6
  %asleep = load atomic i32, ptr %asleep.at seq_cst, align 4
  %sleep = icmp ne i32 %asleep, 0
  br i1 %sleep, label %wake, label %claim
wake:
  %come = getelementptr %Team, ptr %team, i32 0, i32 16
  call void @wake(ptr %team, ptr %come)
  br label %claim
claim:
  %claimed = call i1 @claim(ptr %team, i64 0)
  br i1 %claimed, label %claim, label %wait
wait:
  %all = trunc i64 %chunks to i32
  call void @spin(ptr %done.at, i32 %all, i1 1)
  %done = load atomic i32, ptr %done.at acquire, align 4
  %finished = icmp eq i32 %done, %all
  br i1 %finished, label %end, label %park
park:
  %caller.at = getelementptr %Team, ptr %team, i32 0, i32 7
  %over = getelementptr %Team, ptr %team, i32 0, i32 17
  call void @sleep(ptr %team, ptr %over, ptr %caller.at, ptr %done.at, i32 %all, i1 1)
  br label %end
end:
  store atomic i32 0, ptr %taken.at release, align 4
  ret void
alone:
  %k = phi i64 [0, %entry], [%k.next, %one]
  %more = icmp slt i64 %k, %chunks
  br i1 %more, label %one, label %ready
one:
  call void %function(ptr %context, i64 %k, i64 0)
  %k.next = add i64 %k, 1
  br label %alone
ready:
  ret void
}}
"""
LIBRARY = (
    "pthread_mutex_init",
    "pthread_mutex_lock",
    "pthread_mutex_unlock",
    "pthread_cond_init",
    "pthread_cond_wait",
    "pthread_cond_signal",
    "sched_yield",
    "clock_gettime",
)
PAUSE = {
    "x86_64": ("llvm.x86.sse2.pause", "", ""),
    "aarch64": ("llvm.aarch64.isb", "i32", "i32 15"),
    "arm64": ("llvm.aarch64.isb", "i32", "i32 15"),
}
"""The instruction that waits a little, by architecture: an intrinsic, its types, its arguments."""
NO_PAUSE = ("llvm.donothing", "", "")


class Code(NamedTuple):
    """The functions of a team, as addresses."""

    prepare: int
    """Of (team): makes zeroed memory one."""
    work: int
    """Of (team): the life of a worker."""
    parallel: int
    """Of (team, function, context, chunks): runs function(context, chunk, thread) for all."""


def render(architecture: str) -> str:
    """The text, for this system and an architecture."""
    pause, takes, argument = PAUSE.get(architecture, NO_PAUSE)
    return TEXT.format(
        pause=pause,
        pause_takes=takes,
        pause_argument=argument,
        pauses=PAUSES,
        spin=SPIN,
        clock=int(time.CLOCK_MONOTONIC),
    )


@cache
def code() -> Code:
    """The code, for which the system needs POSIX threads."""
    machine, library = target(), ctypes.CDLL(None)
    for name in LIBRARY:
        address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        machine.llvm.add_symbol(name, address)
    text = render(machine.triple.split("-")[0])
    return Code(*(machine.address(text, name) for name in Code._fields))
