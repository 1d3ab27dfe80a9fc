"""The runtime: what is copied and what never is, memory that serves again, hazards kept away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import numpy as np
import pytest
from fake_metal import Device, Metal

import oxmlx as ox
import oxmlx.numpy as np_
from oxmlx import optim
from oxmlx.backends import interpreter
from oxmlx.backends.blocks import block_of
from oxmlx.backends.metal import gpu as module
from oxmlx.backends.metal import launch
from oxmlx.backends.metal.gpu import Gpu
from oxmlx.backends.metal.launch import make_launcher
from oxmlx.errors import CheckError, DeviceError, EvaluationError, FallbackError, OutOfMemoryError
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import Buffer, Index, Kernel, Load, Store, const, kernel_of, scalar

F32 = np.dtype("float32")
SHAPE = (40, 50)
SIZE = 4 * 40 * 50


def kernel(name: str = "double", shape: tuple[int, ...] = SHAPE, inputs: int = 1) -> Kernel:
    """The sum of some arrays and the first one once more."""

    def lower(index: Any, first: Any, *xs: Any, out: Any) -> Any:
        e = scalar("add", first(index), first(index))
        for x in xs:
            e = scalar("add", e, x(index))
        return e

    return kernel_of(name, [Aval(shape, F32)] * inputs, Aval(shape, F32), lower)


def address(x: np.ndarray) -> int:
    return x.ctypes.data


def values(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(F32)


# Nothing is copied, on the executor


def test_results_lie_in_buffers_of_the_device(device: Gpu) -> None:
    (out,) = make_launcher(kernel())([values()])
    block = block_of(out)
    assert type(out) is np.ndarray
    assert block is not None and block.source in device.sources
    assert address(np.frombuffer(block.source.buffer, F32)) == address(out)
    np.testing.assert_array_equal(out, 2 * values())


def test_results_and_their_reshapes_are_never_copied(device: Gpu) -> None:
    run = make_launcher(kernel())
    (y,) = run([values()])
    before = device.bytes_copied
    for x in (y, y.reshape(SHAPE), y.reshape(-1).reshape(SHAPE), y.view(np.int32).view(F32)):
        assert device.place(x) is block_of(y)
        np.testing.assert_array_equal(run([x])[0], 2 * y)
    assert device.bytes_copied == before


def test_a_chain_of_programs_copies_its_arguments_once(device: Gpu) -> None:
    step = ox.jit(lambda w, x: np_.tanh(x * w) + 1)
    with ox.default_device("metal"):
        w, x = ox.array(values(1)), ox.array(values(2))
        y = step(w, x)
        before, launches = device.bytes_copied, device.dispatches
        for _ in range(5):
            y = step(w, y)
        ox.block_until_ready(y)
    assert device.bytes_copied == before
    assert device.dispatches == launches + 5
    want = values(2)
    for _ in range(6):
        want = np.tanh(want * values(1)) + 1
    np.testing.assert_allclose(np.asarray(y), want, rtol=1e-5)


def test_the_user_reads_the_memory_of_the_device(device: Gpu) -> None:
    with ox.default_device("metal"):
        y = ox.jit(lambda x: x + 1)(ox.array(values()))
    block = block_of(y.buffer)
    assert block is not None and block.source in device.sources
    assert np.asarray(y).ctypes.data == y.buffer.ctypes.data
    assert not np.asarray(y).flags.writeable


def test_arrays_from_elsewhere_are_copied_once_and_counted(device: Gpu) -> None:
    run, x = make_launcher(kernel()), values()
    before = device.bytes_copied
    for _ in range(3):
        run([x])
    assert device.bytes_copied == before + SIZE
    assert device.residents.held == SIZE


def test_a_mapped_file_is_copied_once(device: Gpu, tmp_path: Path) -> None:
    values().tofile(tmp_path / "x")
    run, x = make_launcher(kernel()), np.memmap(tmp_path / "x", F32, "r", shape=SHAPE)
    before = device.bytes_copied
    for _ in range(3):
        np.testing.assert_array_equal(run([x])[0], 2 * values())
    assert device.bytes_copied == before + SIZE


def test_numbers_are_arrays_for_a_launch(device: Gpu) -> None:
    run = make_launcher(kernel("sum", (), inputs=3))
    (out,) = run([np.float32(2), np.float32(30), np.float32(400)])
    assert out == 434
    assert device.residents.held == 0


def test_the_users_numpy_arrays_may_change(device: Gpu) -> None:
    """They are copied when they enter, so nothing that is kept can grow stale."""
    x, step = values(), ox.jit(lambda x: x * 2)
    with ox.default_device("metal"):
        first, kept = step(x), ox.array(x)
        x[...] = 7
        np.testing.assert_array_equal(np.asarray(step(x)), np.full(SHAPE, 14))
        np.testing.assert_array_equal(np.asarray(step(kept)), 2 * values())
    np.testing.assert_array_equal(np.asarray(first), 2 * values())


def test_parts_of_a_result_are_arrays_from_elsewhere(device: Gpu) -> None:
    """There are no offsets into buffers, and no strides."""
    (y,) = make_launcher(kernel())([values()])
    run = make_launcher(kernel(shape=(39, 50)))
    assert device.place(y[:39]) is block_of(y)  # the start of a buffer is one
    before = device.bytes_copied
    np.testing.assert_array_equal(run([y[1:]])[0], 2 * y[1:])
    tall = make_launcher(kernel(shape=(50, 40)))
    np.testing.assert_array_equal(tall([y.T])[0], 2 * y.T)
    assert device.bytes_copied == before + y[1:].nbytes + y.nbytes


def test_a_copy_dies_with_its_array(device: Gpu) -> None:
    run, x = make_launcher(kernel()), values()
    run([x])
    assert device.residents.held == SIZE
    del x
    assert device.residents.held == 0
    fresh = [values(k) for k in range(30)]
    for x in fresh:  # identities may come again: what is found must be theirs
        np.testing.assert_array_equal(run([x])[0], 2 * x)
    for k in range(30):
        np.testing.assert_array_equal(run([values(k)])[0], 2 * values(k))


def test_views_are_copied_once_for_each_place(device: Gpu) -> None:
    run, x = make_launcher(kernel()), np.stack([values(k) for k in range(3)])
    before = device.bytes_copied
    for _ in range(3):
        same = (x[0].reshape(-1).reshape(SHAPE), x.view(np.int32)[2].view(F32))
        for row, k in zip((x[0], x[2], *same), (0, 2, 0, 2), strict=True):
            np.testing.assert_array_equal(run([row])[0], 2 * values(k))
    assert device.bytes_copied == before + 2 * SIZE
    square = make_launcher(kernel(shape=(40, 40)))
    for _ in range(2):  # the same place in another order, and other places
        for y in (x[1, :, :40], x[1, :, :40].T, x[1, ::-1, :40], x[1, :, 1:41]):
            np.testing.assert_array_equal(square([y])[0], 2 * y)
    assert device.bytes_copied == before + 2 * SIZE + 4 * y.nbytes
    del x, y, row, same
    assert device.residents.held == 0


def test_views_of_memory_that_serves_again_are_not_mistaken(device: Gpu) -> None:
    """The block outlives the array that was made of it, and the next has the same address."""
    make, run = make_launcher(kernel()), make_launcher(kernel(shape=(39, 50)))
    places = set[int]()
    for k in range(4):
        (y,) = make([values(k)])
        places.add(address(y))
        np.testing.assert_array_equal(run([y[1:]])[0], 4 * values(k)[1:])
        del y
    assert len(places) == 1


def test_a_loop_over_a_stack_of_weights_copies_it_once(device: Gpu) -> None:
    def layer(x: Any, w: Any) -> Any:
        return np_.tanh(x @ w) + x, None

    f = ox.jit(lambda ws, x: ox.lax.scan(layer, x, ws)[0])
    with ox.default_device("metal"):
        ws, x = ox.array(values(0, (3, 40, 40)) / 40), ox.array(values(1, (5, 40)))
        first = np.asarray(f(ws, x))
        before = device.bytes_copied
        again = np.asarray(f(ws, x))
    assert device.bytes_copied == before
    np.testing.assert_array_equal(first, again)


def test_the_least_recently_used_copies_go_first(device: Gpu, monkeypatch: Any) -> None:
    monkeypatch.setattr(device.residents, "most", 2 * SIZE)
    run, (a, b, c) = make_launcher(kernel()), map(values, range(3))
    for x in (a, b, a, c):
        run([x])
    before = device.bytes_copied
    run([a])
    assert device.bytes_copied == before
    run([b])
    assert device.bytes_copied == before + SIZE
    assert device.residents.held == 2 * SIZE


def test_half_of_what_metal_recommends_is_for_copies() -> None:
    assert Gpu(Metal(1 << 30)).residents.most == 1 << 29


def test_one_launch_may_need_more_than_the_bound(device: Gpu, monkeypatch: Any) -> None:
    """What is evicted while a launch is prepared is still read by it."""
    monkeypatch.setattr(device.residents, "most", SIZE)
    xs = [values(k) for k in range(5)]
    (out,) = make_launcher(kernel("sum", inputs=5))(xs)
    np.testing.assert_allclose(out, sum(xs) + xs[0], rtol=1e-5, atol=1e-5)


def test_buffers_serve_again_and_never_while_they_are_read(device: Gpu) -> None:
    run, x = make_launcher(kernel()), values()
    (y,) = run([x])
    first, live = address(y), device.buffers_live
    view = y.reshape(-1)[3:]
    del y
    (z,) = run([x])
    assert address(z) != first
    np.testing.assert_array_equal(view, 2 * x.reshape(-1)[3:])
    del view
    (w,) = run([x])
    assert address(w) == first
    assert device.buffers_live == live + 1


def test_a_loop_allocates_nothing_new(device: Gpu) -> None:
    step = ox.jit(lambda x: np_.exp(-x) * 2)
    with ox.default_device("metal"):
        y = step(step(ox.array(values())))
        live = device.buffers_live
        for _ in range(20):
            y = step(y)
    ox.block_until_ready(y)
    assert device.buffers_live <= live


def test_flush_lets_go_of_all_but_what_is_read(device: Gpu) -> None:
    run, x = make_launcher(kernel()), values()
    (y,) = run([x])
    del run([x])[:]
    live = device.buffers_live
    device.flush()
    assert device.buffers_live == live - 2
    np.testing.assert_array_equal(y, 2 * x)
    np.testing.assert_array_equal(run([x])[0], 2 * x)


# Hazards, on a stand-in that knows them


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpu]:
    """A runtime over the stand-in, which launches use."""
    made = Gpu(Metal())
    monkeypatch.setattr(launch, "gpu", lambda: made)
    yield made


def hardware(gpu: Gpu) -> Device:
    return gpu.device


def test_a_run_is_waited_for_before_anything_else_happens(fake: Gpu) -> None:
    run = make_launcher(kernel())
    run([values()])
    assert hardware(fake).running is None
    assert hardware(fake).calls == fake.dispatches == 1


def test_one_run_at_a_time_whatever_threads_do(fake: Gpu) -> None:
    hardware(fake).during = lambda: time.sleep(0.001)
    run, xs = make_launcher(kernel()), [values(k) for k in range(4)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: run([xs[k % 4]]), range(64)))
    assert hardware(fake).calls == 64


def test_a_device_is_opened_once_whatever_threads_do(monkeypatch: pytest.MonkeyPatch) -> None:
    metal = Metal()
    slow, opened = metal.Device, Barrier(4, timeout=0.2)

    def open_slowly() -> Device:
        with suppress(BrokenBarrierError):
            opened.wait()  # for others, who may do so only later
        return slow()

    monkeypatch.setattr(metal, "Device", open_slowly)
    monkeypatch.setattr(module, "library", lambda: metal)
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: module.gpu(), range(4)))
    assert len(found) == 1


def test_results_are_not_taken_for_arrays_from_elsewhere(
    fake: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_launcher(kernel())
    monkeypatch.setattr(fake, "empty", Gpu(Metal()).empty)
    with pytest.raises(CheckError, match="in an array that is not of this device"):
        run([values()])


def test_a_forked_process_is_refused_before_it_waits(
    fake: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, x = make_launcher(kernel()), values()
    (y,) = run([x])
    monkeypatch.setattr(module.os, "getpid", lambda: fake.pid + 1)
    calls = (lambda: run([y]), lambda: make_launcher(kernel("other")), lambda: fake.allocate(4))
    with fake.lock, ThreadPoolExecutor(1) as child:  # the lock of a thread that was not forked
        for call in calls:
            with pytest.raises(DeviceError, match=f"opened by process {fake.pid}"):
                child.submit(call).result(10)
    for call in calls:
        with pytest.raises(DeviceError, match='Start processes by "spawn"'):
            call()
    assert fake.dispatches == 1


def test_the_device_is_asked_for_whole_groups_of_threads(fake: Gpu) -> None:
    for points in (1, 255, 256, 257, 10**6):
        make_launcher(kernel(shape=(points,)))([values(0, (points,))])


def test_groups_are_no_more_than_have_a_flag(fake: Gpu) -> None:
    x = np.zeros((256 * module.MOST_GROUPS + 1,), F32)
    make_launcher(kernel(shape=x.shape))([x])


def test_a_failure_that_metalcompute_hides_is_an_error(fake: Gpu) -> None:
    run = make_launcher(kernel())
    hardware(fake).lost = 3
    with pytest.raises(EvaluationError, match="3 of 8 threadgroups did not finish"):
        run([values()])
    hardware(fake).lost = 0
    run([values()])


def test_many_launches_are_mentioned(
    fake: Gpu, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """metalcompute never forgets a run."""
    monkeypatch.setattr(module, "MANY", 3)
    run = make_launcher(kernel())
    for _ in range(5):
        run([values()])
    assert caplog.messages == ["metal: 3 launches; metalcompute keeps a record of each"]


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 0)])
def test_nothing_empty_reaches_the_device(fake: Gpu, shape: tuple[int, ...]) -> None:
    (out,) = make_launcher(kernel(shape=shape))([np.zeros(shape, F32)])
    assert out.shape == shape
    assert fake.dispatches == 0


def test_sizes_are_pythons(fake: Gpu) -> None:
    wide = fake.empty((np.int64(3), np.int32(5)), F32)  # type: ignore[arg-type]
    assert wide.shape == (3, 5)
    make_launcher(kernel(), [tuple(np.array(SHAPE))])([values()])


def test_buffers_of_another_device_are_arrays_from_elsewhere(fake: Gpu) -> None:
    other = Gpu(Metal())
    x = other.empty(SHAPE, F32)
    x[...] = 1
    before = fake.bytes_copied
    make_launcher(kernel())([x])
    assert fake.bytes_copied == before + SIZE


def test_what_metal_refuses_runs_in_the_interpreter(fake: Gpu) -> None:
    with pytest.warns(RuntimeWarning, match=r"slow: metal: refuses ox_refused: program_source:1"):
        run = make_launcher(kernel("refused"))
    np.testing.assert_array_equal(run([values()])[0], 2 * values())


def test_what_metal_refuses_does_not_run_where_it_may_not(fake: Gpu) -> None:
    with pytest.warns(RuntimeWarning, match="runs in the interpreter"):
        run = make_launcher(kernel("refused"))
    with ox.config.context(fallback="error"):
        with pytest.raises(FallbackError, match="`refused` would run on the host: metal: refuses"):
            run([values()])
        with pytest.raises(FallbackError, match="`refused` would run on the host: metal: refuses"):
            make_launcher(kernel("refused"))
        (empty,) = make_launcher(kernel("refused", (0,)))([values(0, (0,))])
        assert empty.shape == (0,)
    run([values()])


def test_thirty_one_arrays_are_too_many(fake: Gpu) -> None:
    xs = [values(k) for k in range(30)]
    make_launcher(kernel("sum", inputs=28))(xs[:28])
    many = kernel("sum", inputs=30)
    with pytest.warns(RuntimeWarning, match="has 31 arrays; Metal binds 29"):
        run = make_launcher(many)
    np.testing.assert_array_equal(run(xs)[0], interpreter.run(many, *xs)[0])


def test_many_outputs_are_launched_in_parts(device: Gpu) -> None:
    n = 24
    xs = [Buffer(f"x{k}", SHAPE, F32) for k in range(n)]
    ys = [Buffer(f"y{k}", SHAPE, F32) for k in range(n)]
    grid = tuple(Index(f"i{k}", e) for k, e in enumerate(xs[0].extents))
    sums = [scalar("add", Load(xs[k], grid), Load(xs[k - 1], grid)) for k in range(n)]
    stores = tuple(Store(y, grid, e) for y, e in zip(ys, sums, strict=True))
    whole = Kernel("sums", grid, stores, tuple(xs))
    inputs = [values(k) for k in range(n)]
    before = device.dispatches
    got = make_launcher(whole)(inputs)
    assert device.dispatches == before + 2
    for x, y in zip(got, interpreter.run(whole, *inputs), strict=True):
        np.testing.assert_array_equal(x, y)


def test_more_points_than_an_index_counts_are_refused(fake: Gpu) -> None:
    huge = kernel_of("ones", [], Aval((2**31 - 1,), F32), lambda i, *, out: const(1.0))
    with pytest.warns(RuntimeWarning, match="2,147,483,647 points"):
        make_launcher(huge)


# Out of memory


def small(monkeypatch: pytest.MonkeyPatch, buffers: float) -> Gpu:
    """A runtime with room for so many arrays."""
    made = Gpu(Metal(int(buffers * SIZE) + 4 * module.FLAGS + 64))
    made.residents.most = 100 * SIZE
    monkeypatch.setattr(launch, "gpu", lambda: made)
    return made


def test_what_is_kept_for_later_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = small(monkeypatch, 4)
    run, xs = make_launcher(kernel()), [values(k) for k in range(8)]
    for x in xs:  # of the eight copies some must go
        run([x])
    assert gpu.dispatches == 8
    assert gpu.residents.held < 8 * SIZE


def test_free_blocks_of_another_size_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = small(monkeypatch, 4)
    make_launcher(kernel())([values()])
    assert gpu.blocks.kept > 0
    wide = gpu.empty((120, 50), F32)
    assert wide.shape == (120, 50)
    assert gpu.blocks.kept == 0


def test_out_of_memory_is_typed_and_leaves_the_device_usable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpu = small(monkeypatch, 4)
    held = [gpu.empty(SHAPE, F32) for _ in range(3)]
    run = make_launcher(kernel())
    with pytest.raises(OutOfMemoryError, match="no memory for 8,000 bytes") as caught:
        run([values()])
    assert isinstance(caught.value, MemoryError)
    del held[:]
    run([values()])


# In place


def in_place(inputs: int = 1) -> Any:
    """The kernel, which writes over its first array."""
    return make_launcher(kernel(inputs=inputs), over={0: 0})


def leased(device: Gpu, seed: int = 0) -> np.ndarray:
    x = device.empty(SHAPE, F32)
    x[...] = values(seed)
    return x


def test_what_nobody_else_has_is_written_over(device: Gpu) -> None:
    arrays = [leased(device)]
    first, live = address(arrays[0]), device.buffers_live
    for k in range(3):
        arrays[:] = in_place()(arrays)
        assert address(arrays[0]) == first
        np.testing.assert_array_equal(arrays[0], 2 ** (k + 1) * values())
    assert device.buffers_live <= live + 1, "its numbers"


def test_what_somebody_has_is_copied_first(device: Gpu) -> None:
    x = leased(device)
    for arrays in ([x], [x[:]], [x.reshape(-1)], [values()], [values().T.copy().T]):
        want = 2 * np.array(arrays[0]).reshape(SHAPE)
        before, elsewhere = device.bytes_copied, device.holds(arrays[0]) is None
        (out,) = in_place()(arrays)
        assert device.bytes_copied == before + SIZE * elsewhere
        np.testing.assert_array_equal(out, want)
        assert device.holds(out) is not None
        assert address(out) != address(arrays[0])
    np.testing.assert_array_equal(x, values())


def test_an_array_is_not_written_over_while_it_is_read_as_another_one(device: Gpu) -> None:
    x = leased(device)
    arrays = [x, x]
    del x
    (out,) = in_place(2)(arrays)
    np.testing.assert_array_equal(out, 3 * values())
    np.testing.assert_array_equal(arrays[0], values())


def test_copies_of_what_is_written_over_are_forgotten(device: Gpu) -> None:
    """A slice of an array lies nowhere in order, and is copied: of the old elements."""
    arrays = [leased(device)]
    half = make_launcher(kernel(shape=(20, 50)))
    np.testing.assert_array_equal(half([arrays[0][20:]])[0], 2 * values()[20:])
    arrays[:] = in_place()(arrays)
    np.testing.assert_array_equal(half([arrays[0][20:]])[0], 4 * values()[20:])


@pytest.mark.parametrize("made", [ox.array, ox.jit(lambda x: x + 0)], ids=["NumPy", "lease"])
def test_copies_of_what_the_cpu_writes_over_are_not_used(device: Gpu, made: Any) -> None:
    """The array stays the same one there, by which the device would know its copy."""
    step, double = ox.jit(lambda x: x + 1, donate_argnums=0), ox.jit(lambda x: 2 * x)
    with ox.default_device("cpu"):
        x = made(np.zeros(1 << 15, np.float32))
        for k in range(3):
            got = double(ox.device_put(x, "metal"))
            np.testing.assert_array_equal(got, np.full(1 << 15, 2 * k, np.float32))
            x = step(x)


def test_a_place_is_one_argument(device: Gpu) -> None:
    """As many arrays as there are arguments, and results beside."""
    x, n = values(), launch.MOST_ARRAYS
    many = kernel("sum", inputs=n)
    (out,) = make_launcher(many, over={0: 0})([values(), *[x] * (n - 1)])
    np.testing.assert_allclose(out, (n + 1) * x, rtol=1e-5)


@pytest.mark.parametrize("held", [False, True])
def test_an_update_in_place_is_few_commands(device: Gpu, held: bool) -> None:
    def step(params: Any, moments: Any, grads: Any) -> Any:
        moments = [0.9 * m + g for m, g in zip(moments, grads, strict=True)]
        return [p - 0.1 * m for p, m in zip(params, moments, strict=True)], moments

    n = 12
    with ox.default_device("metal"):
        trees = [[ox.array(values(3 * k + j)) for k in range(n)] for j in range(3)]
        kept = [np.asarray(x) for x in trees[0]] if held else []
        apart, together = ox.jit(step), ox.jit(step, donate_argnums=(0, 1))
        want = apart(*trees)
        before = device.dispatches
        ox.eval(apart(*trees))
        assert device.dispatches == before + 3  # five arrays each, of 29
        before = device.dispatches
        got = together(*trees)
        assert device.dispatches == before + 2  # three each
        for x, y in zip(ox.tree.leaves(got), ox.tree.leaves(want), strict=True):
            assert np.asarray(x).tobytes() == np.asarray(y).tobytes()
        places = [address(np.asarray(x)) for x in ox.tree.leaves(got)]
        got = together(*got, trees[2])
        assert [address(np.asarray(x)) for x in ox.tree.leaves(got)] == places
    for k, x in enumerate(kept):
        np.testing.assert_array_equal(x, values(3 * k))


@pytest.mark.parametrize("n", [1, 7, 8])
def test_adamw_updates_seven_arrays_with_each_command(device: Gpu, n: int) -> None:
    """The counts of steps are the host's, and what it makes of them lies on the device."""
    tx = optim.adamw(0.1)

    def step(params: Any, state: Any, grads: Any) -> Any:
        updates, state = tx.update(grads, state, params)
        return optim.apply_updates(params, updates), state

    def train(kind: str) -> Any:
        with ox.default_device(kind):
            params, *grads = ([ox.array(values(7 * k + j)) for k in range(n)] for j in range(4))
            ox.eval(state := tx.init(params))
            run, places = ox.jit(step, donate_argnums=(0, 1)), []
            for g in grads:
                before = device.dispatches
                params, state = run(params, state, g)
                commands.append(device.dispatches - before)
                places.append([address(np.asarray(x)) for x in params])
            assert places[1] == places[2] or kind == "reference"
            return ox.tree.leaves((params, state))

    commands: list[int] = []
    got = train("metal")
    assert commands == [-(-n // 7)] * 3
    counts = [x for x in got if x.ndim == 0]
    assert [int(x) for x in counts] == [3, 3]
    copied = device.bytes_copied
    assert all(device.holds(x.node.value) is not None for x in got)
    assert device.bytes_copied == copied
    for x, y in zip(got, train("reference"), strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-5, atol=1e-6)
