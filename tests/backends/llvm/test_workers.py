"""Threads: the same bits for any number of them, each chunk once, and nobody left behind."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.backends.llvm import team, workers
from oxmlx.backends.llvm.backend import Cpu
from oxmlx.backends.llvm.launch import Launcher
from oxmlx.backends.llvm.target import target
from oxmlx.backends.llvm.workers import Team, count_threads, get_team
from oxmlx.compile.collapse import collapse
from oxmlx.compile.fuse import fuse
from oxmlx.ir.aval import Aval
from oxmlx.ir.dce import dce
from oxmlx.ir.stage import stage

COUNTS = 1, 2, 3, 4


def softmax(x: Any, axis: int = -1) -> Any:
    e = jnp.exp(x - jnp.max(x, axis, keepdims=True))
    return e / jnp.sum(e, axis, keepdims=True)


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "map": lambda x: jnp.sin(x) * 2 + x,
    "map of far angles": lambda x: jnp.sin(x * 1e7),
    "map of a transpose": lambda x: jnp.exp(x.T),
    "rows": softmax,
    "rows in scratch memory": lambda x: jnp.var(jnp.tanh(jnp.sin(x) + x), 1),
    "columns": lambda x: softmax(x, 0),
    "row sums": lambda x: jnp.sum(x, 1),
    "column sums": lambda x: jnp.sum(x, 0),
    "argmax of columns": lambda x: jnp.argmax(x, 0),
    "sum of all": jnp.sum,
    "rows with statistics": lambda x: (x - jnp.mean(x, 1, keepdims=True)) * jnp.var(x, 1)[:, None],
    "sum of all in a map": lambda x: x * jnp.sum(x),
}
SHAPES = (1000, 513), (3, 150_001), (200_003, 2), (1, 300_000), (77, 41, 130)


def launchers(f: Callable[[Any], Any], shape: tuple[int, ...], dtype: Any) -> list[Launcher]:
    jaxpr = dce(stage(lambda x: [f(x)], [Aval(shape, np.dtype(dtype))])[0])
    kernels = fuse(jaxpr, Cpu().obstacle).kernels
    return [Launcher(collapse(k), [b.shape for b in k.outputs]) for k in kernels]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", PROGRAMS)
def test_bits_do_not_depend_on_threads(name: str, shape: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(0)
    for launcher in launchers(PROGRAMS[name], shape, dtype):
        inputs = [rng.uniform(-3, 5, b.shape).astype(b.dtype) for b in launcher.kernel.inputs]
        outs: list[list[bytes]] = []
        for threads in COUNTS:
            with ox.config.context(num_threads=threads):
                outs.append([x.tobytes() for x in launcher(inputs)])
        assert outs.count(outs[0]) == len(COUNTS)


def test_what_is_shared() -> None:
    def chunks(name: str, shape: tuple[int, ...]) -> int:
        return max(k.division.chunks for k in launchers(PROGRAMS[name], shape, "float32"))

    for name in PROGRAMS:
        if "sum of all" not in name:
            assert chunks(name, (1000, 513)) > 1, name
    assert chunks("map", (10, 100)) == 1  # too short to be worth it
    assert chunks("column sums", (500_000, 2)) == 1  # its only row has no lanes to give


# The protocol, with a function that counts

COUNTER = """
define void @count(ptr %counts, i64 %chunk, i64 %thread) {
entry:
  %at = getelementptr i32, ptr %counts, i64 %chunk
  %before = atomicrmw add ptr %at, i32 1 monotonic
  ret void
}

declare void @parallel(ptr, ptr, ptr, i64)

define void @nest(ptr %job, i64 %chunk, i64 %thread) {
entry:
  %team = load ptr, ptr %job
  %counts.at = getelementptr ptr, ptr %job, i64 1
  %counts = load ptr, ptr %counts.at
  call void @parallel(ptr %team, ptr @count, ptr %counts, i64 40)
  ret void
}
"""


def parallel(team_: Team, function: str, context: np.ndarray, chunks: int) -> None:
    target().llvm.add_symbol("parallel", team.code().parallel)
    address = ctypes.c_void_p(target().address(COUNTER, function))
    native = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(team.code().parallel)
    native(team_.memory.ctypes.data, address, context.ctypes.data, chunks)


@pytest.mark.parametrize("threads", COUNTS)
@pytest.mark.parametrize("pause", [0.0, 0.001])
def test_every_chunk_runs_once(threads: int, pause: float) -> None:
    rng = np.random.default_rng(threads)
    team_ = get_team(threads)
    for _ in range(100 if pause else 3000):
        counts = np.zeros(rng.integers(1, 50), np.int32)
        parallel(team_, "count", counts, len(counts))
        assert (counts == 1).all()
        if pause:  # so that workers are asleep when the next work comes
            time.sleep(pause)


def test_most_chunks_run_once() -> None:
    counts = np.zeros(team.MOST_CHUNKS, np.int32)
    parallel(get_team(4), "count", counts, len(counts))
    assert (counts == 1).all()


def test_nested_work_runs_where_it_is_called() -> None:
    counts, team_ = np.zeros(40, np.int32), get_team(3)
    job = np.array([team_.memory.ctypes.data, counts.ctypes.data])
    for n in range(1, 50):
        parallel(team_, "nest", job, 20)
        assert (counts == 20 * n).all()


def test_callers_at_the_same_time() -> None:
    def many(seed: int) -> None:
        counts = np.zeros(seed + 2, np.int32)
        for n in range(1, 1000):
            parallel(get_team(3), "count", counts, len(counts))
            assert (counts == n).all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(many, range(8)))


def test_kernels_of_several_callers() -> None:
    x = np.random.default_rng(0).normal(size=(500, 700)).astype(np.float32)
    (launcher,) = launchers(PROGRAMS["rows in scratch memory"], x.shape, "float32")
    assert launcher.scratch and launcher.division.chunks > 1  # scratch memory for each thread
    with ox.config.context(num_threads=1):
        (want,) = launcher([x])

    def run(_: int) -> bool:
        with ox.config.context(num_threads=3):
            return all((launcher([x])[0] == want).all() for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(run, range(16)))


def test_the_system_gives_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    library = ctypes.CDLL(None)
    monkeypatch.setattr(library, "pthread_create", lambda *_: 11)
    monkeypatch.setattr(workers.ctypes, "CDLL", lambda _: library)
    alone = Team(4)
    assert alone.workers == []
    counts = np.zeros(20, np.int32)
    parallel(alone, "count", counts, len(counts))
    assert (counts == 1).all()


def test_a_worker_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned: list[int] = []
    monkeypatch.setattr(workers, "allowed_cpus", lambda: (0, 1, 2))
    monkeypatch.setattr(workers, "pin", lambda worker, cpu: pinned.append(cpu))
    monkeypatch.setattr(workers, "current_cpu", lambda: 1)
    three = Team(3)
    assert pinned == three.cpus == [0, 2]
    three.make_room()
    assert len(pinned) == 2
    monkeypatch.setattr(workers, "current_cpu", lambda: 2)
    three.make_room()
    assert three.cpus == [0, 1]
    assert pinned[2:] == [1]


def test_the_switch() -> None:
    with ox.config.context(num_threads=7):
        assert count_threads() == 7
    with ox.config.context(num_threads=0):
        assert count_threads() == len(workers.allowed_cpus())


@pytest.mark.parametrize("threads", [1, 2])
def test_long_work_lets_other_threads_run(threads: int) -> None:
    x = np.zeros((3000, 1000), np.float32)
    (launcher,) = launchers(PROGRAMS["rows in scratch memory"], x.shape, "float32")
    go, ran = threading.Lock(), threading.Event()
    go.acquire()
    other = threading.Thread(target=lambda: go.acquire() and ran.set())
    other.start()
    before = sys.getswitchinterval()
    with ox.config.context(num_threads=threads):
        launcher([x])
        sys.setswitchinterval(1000)  # Python itself does not let it run
        try:
            go.release()
            assert any(launcher([x]) and ran.is_set() for _ in range(50))
        finally:
            sys.setswitchinterval(before)
    other.join()


# Processes

SETUP = """
import faulthandler, os, sys, threading, time
import numpy as np
import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.backends.llvm.workers import _teams
faulthandler.dump_traceback_later(100, exit=True)
ox.config.update("num_threads", 3)
x = ox.device_put(np.random.default_rng(0).normal(size=(700, 900)).astype(np.float32),
                  ox.devices("cpu")[0])
f = ox.jit(lambda x: jnp.exp(x - jnp.max(x, 1, keepdims=True)) + jnp.sum(x, 1, keepdims=True))
def run():
    return np.asarray(f(x)).tobytes()
want = run()
(team,) = _teams.values()
assert len(team.workers) == 2
"""


def process(text: str, code: int = 0, error: str = "", setup: str = SETUP) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", setup + text],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, error in done.stderr) == (code, True), done.stderr
    assert error or not done.stderr
    return done.stdout


FORK = """
def child():
    assert not _teams
    assert run() == want
    assert len(_teams) == 1
    assert run() == want

def fork():
    pid = os.fork()
    if pid == 0:
        try:
            child()
            sys.stdout.flush()
            os._exit(0)
        finally:
            os._exit(1)
    assert run() == want
    assert os.waitpid(pid, 0)[1] == 0
    assert run() == want
"""


def test_fork() -> None:
    assert process(FORK + "for _ in range(5): fork()\nprint('done')") == "done\n"


def test_fork_while_another_thread_computes() -> None:
    text = """
stop = threading.Event()
def work():
    while not stop.is_set():
        assert run() == want
thread = threading.Thread(target=work)
thread.start()
for _ in range(20): fork()
stop.set()
thread.join()
print("done")
"""
    assert process(FORK + text) == "done\n"


def test_multiprocessing() -> None:
    text = """
from multiprocessing import get_context
with get_context("fork").Pool(2) as pool:
    assert all(y == want for y in pool.starmap(run, [()] * 6))
assert run() == want
"""
    process(text)


def test_first_use_by_several_threads() -> None:
    text = """
import threading
import numpy as np
import oxmlx as ox
import oxmlx.numpy as jnp
ox.config.update("num_threads", 3)
start = threading.Barrier(6)
sums = []
def work(k):
    x = np.full((300, 400), k, np.float32)
    start.wait()
    sums.append(np.asarray(ox.jit(lambda x: x @ x.T + jnp.exp(-x[0, 0]))(ox.array(x)))[0, 0])
threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
[t.start() for t in threads]
[t.join() for t in threads]
assert np.allclose(sorted(sums), [400 * k * k + np.exp(-k) for k in range(6)]), sums
"""
    for _ in range(4):
        process(text, setup="")


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [
        ("run()", 0, ""),
        ("run(); time.sleep(0.05)", 0, ""),
        ("run(); sys.exit(3)", 3, ""),
        ("run(); raise ValueError('ours')", 1, "ValueError: ours"),
        ("threading.Thread(target=run).start()", 0, ""),
        (
            "threading.Thread(target=lambda: [run() for _ in iter(int, 1)], daemon=True).start()\n"
            "time.sleep(0.05)",
            0,
            "",
        ),
        ("run(); os._exit(4)", 4, ""),
    ],
    ids=["awake", "asleep", "exit", "exception", "thread", "daemon", "at once"],
)
def test_exit(text: str, code: int, error: str) -> None:
    for _ in range(3):
        process(text, code, error)


def test_nobody_burns_the_cpu_when_there_is_no_work() -> None:
    text = """
run()
before = time.process_time()
time.sleep(0.5)
print(time.process_time() - before)
"""
    # each worker may stay awake for a moment after its work
    assert min(float(process(text)) for _ in range(3)) < 2 * 0.5e-3 + 2e-3


def test_an_exception_between_kernels_leaves_the_team_free() -> None:
    x = np.ones((700, 900), np.float32)

    def refuse(y: Any) -> Any:
        raise ValueError("ours")

    def program(x: Any) -> Any:
        y = jnp.exp(x)
        z = ox.pure_callback(refuse, ox.ShapeDtypeStruct(y.shape, y.dtype), y)
        return jnp.sin(z)

    with ox.config.context(num_threads=2), ox.default_device("cpu"):
        for _ in range(3):
            with pytest.raises(ValueError, match="ours"):
                np.asarray(ox.jit(program)(ox.array(x)))
        assert (np.asarray(ox.jit(jnp.negative)(ox.array(x))) == -1).all()


def test_a_fork_waits_for_whoever_evaluates() -> None:
    """The child goes on with what the parent had, whatever other threads were about."""
    program = """
import os, threading, time
import numpy as np, oxmlx as ox
jnp, stop = ox.numpy, False
def busy():
    k = 0
    while not stop:
        k += 1
        x = jnp.ones(5 + k % 40) * k
        ox.eval(jnp.exp(x) + jnp.tanh(x).sum())
threads = [threading.Thread(target=busy) for _ in range(2)]
[t.start() for t in threads]
time.sleep(0.5)
states = []
for _ in range(12):
    child = os.fork()
    if not child:
        ox.eval(jnp.exp(jnp.arange(4.0)) + 1, jnp.sin(jnp.ones(3)) @ jnp.ones(3))
        os._exit(7)
    end = time.time() + 20
    while time.time() < end:
        pid, state = os.waitpid(child, os.WNOHANG)
        if pid:
            break
        time.sleep(0.01)
    else:
        os.kill(child, 9); os.waitpid(child, 0); state = -1
    states.append(state >> 8 if state >= 0 else "hangs")
stop = True
[t.join() for t in threads]
print(states.count(7), states)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=300
    )
    assert done.stdout.startswith("12 "), done.stdout + done.stderr
