"""Texts that Metal would refuse: by words, by pointers, by what metalcompute can bind."""

from __future__ import annotations

from pathlib import Path

import pytest
from emulate.programs import PROGRAMS, TEXTS, text

import oxmlx.emulate as metalcompute
from oxmlx.emulate import TextError
from oxmlx.emulate.__main__ import main
from oxmlx.emulate.rewrite import rewrite
from oxmlx.emulate.signature import kernels
from oxmlx.emulate.tokens import tokenize

SOFTMAX = text("softmax")
HERE = "float sum = 0.0;"
LINE = SOFTMAX[: SOFTMAX.index(HERE)].count("\n") + 1

REFUSED = {
    "double d = 1.0;": "`double`: MSL has no double",
    "bfloat b;": "`bfloat`: bfloat came with MSL 3.1",
    "auto f = [](float a) { return a; };": "MSL has no lambdas",
    "auto f = [&] { return 1; };": "MSL has no lambdas",
    "static float s = 1;": "MSL has no static variables in functions",
    "goto end;": "`goto`: MSL has no goto",
    "float* q = new float;": "`new`: MSL has no heap",
    "float f = std::sqrt(2.0);": "`std`: the names of MSL are in `metal`",
    "long long n = 1;": "`long long`: MSL has no such type; `long` has 64 bits",
    "unsigned long long n = 1;": "`long long`: MSL has no such type; `long` has 64 bits",
    "__int128 n = 1;": "`__int128`: MSL has no such integers",
    "int n = __builtin_clz(7u);": "`__builtin_clz`: it is a function of clang",
    "float f = 1.5L;": "`1.5L`: MSL has no long double",
    "float f = 1e3l;": "`1e3l`: MSL has no long double",
    "try { }": "`try`: MSL has no exceptions",
}


@pytest.mark.parametrize(("words", "problem"), REFUSED.items(), ids=REFUSED.keys())
def test_words_that_clang_would_take(words: str, problem: str) -> None:
    source = SOFTMAX.replace(HERE, f"{words} {HERE}")
    assert (LINE, problem) in metalcompute.lint(source)
    with pytest.raises(TextError, match=f"program_source:{LINE}: error: "):
        metalcompute.Device().kernel(source)


PROGRAM_SCOPE = {
    "float table[2] = {1, 2};": "`]`: a variable of the program is `constant`",
    "float one;": "`one`: a variable of the program is `constant`",
    "inline int f(int n) { return n ? f(n - 1) : 0; }": "`f` calls itself: MSL has no recursion",
    "int g(int); inline int f(int n) { return g(n); }\ninline int g(int n) { return f(n); }": (
        "`f` calls itself: MSL has no recursion"
    ),
}


@pytest.mark.parametrize(("words", "problem"), PROGRAM_SCOPE.items())
def test_what_a_program_may_not_declare(words: str, problem: str) -> None:
    source = SOFTMAX.replace("struct P", f"{words}\nstruct P", 1)
    found = [message for _, message in metalcompute.lint(source)]
    assert problem in [message.replace("table", "]") for message in found]


ALLOWED = """
#include <metal_stdlib>
using namespace metal;
typedef float Value;
constant float table[2] = {1, 2};
constexpr constant int two = 2;
enum Way { up, down };
template <class T> inline T twice(T x) { return x + x; }
struct Pair { float a[2]; float get(int i) const { return a[i]; } };
inline float get(Pair p) { return p.get(1); }
static inline float half_of(float x) { return x / two; }
inline float once(float x);
[[kernel]] void a(device Pair* x [[buffer(0)]], ushort2 i [[thread_position_in_grid]]) {
  int k[2] = {0, 1}; int t[2] = {k[k[0]], 1};
  x[i.x].a[t[0]] = table[t[1]] + get(x[0]) + twice<float>(half_of(1));
}
"""


def test_what_is_allowed_is_not_refused() -> None:
    assert metalcompute.lint(ALLOWED) == []
    for make in PROGRAMS:
        assert metalcompute.lint(make().text) == []


PARAMETERS = {
    "float* x [[buffer(0)]]": "`x`: a buffer is `device` or `constant`",
    "device float x [[buffer(0)]]": "`x`: a buffer is a pointer or a reference",
    "device float* x [[buffer(31)]]": "`x`: there are buffers 0 to 30",
    "device float* x [[buffer(0)]], device float* y [[buffer(0)]]": (
        "`y` and `x` are both buffer(0)"
    ),
    "device float* x": "`x`: metalcompute cannot bind a parameter of no attribute",
    "threadgroup float* t [[threadgroup(0)]]": "cannot bind a parameter of threadgroup(0)",
    "int i [[thread_position_in_grid]]": "`i`: thread_position_in_grid is no int",
    "uint4 i [[thread_position_in_grid]]": "`i`: thread_position_in_grid is no uint4",
    "uint2 l [[thread_index_in_simdgroup]]": "`l`: thread_index_in_simdgroup is no uint2",
    "uint i [[thread_position_in_grid]], uint2 n [[threads_per_grid]]": (
        "`i` and `n` differ in their components"
    ),
}


@pytest.mark.parametrize(("parameters", "problem"), PARAMETERS.items(), ids=PARAMETERS.keys())
def test_parameters_that_cannot_be_bound(parameters: str, problem: str) -> None:
    found = metalcompute.lint(f"\nkernel void f({parameters}) {{}}")
    assert any(problem in message and line == 2 for line, message in found)


@pytest.mark.clang
def test_cpp_is_of_2014() -> None:
    """What clang takes beyond it, Metal's compiler may not."""
    with pytest.raises(TextError, match=rf"program_source:{LINE}:\d+: error: constexpr if"):
        metalcompute.typecheck(SOFTMAX.replace(HERE, f"if constexpr (true) {{ }} {HERE}"))


@pytest.mark.clang
def test_an_array_has_a_fixed_length() -> None:
    source = SOFTMAX.replace(HERE, f"float many[p.rows]; {HERE}")
    with pytest.raises(TextError, match=rf"program_source:{LINE}:\d+: error: variable length"):
        metalcompute.Device().kernel(source)
    with pytest.raises(TextError, match=rf"program_source:{LINE}:\d+: error: variable length"):
        metalcompute.typecheck(source)


@pytest.mark.clang
def test_a_struct_may_be_shared() -> None:
    source = ALLOWED.replace("int k[2]", "threadgroup Pair p, q[3]; p.a[0] = q[1].a[1]; int k[2]")
    metalcompute.typecheck(source)
    metalcompute.Device().kernel(source).function("a")


POINTERS = {
    "device const float* from = x": "const float* from = x",
    "device float* to = y": "device float* to = x",
    "threadgroup float slots[32];": "threadgroup float slots[32]; device float* q = slots;",
    "constant P& p": "constant P*& p",
    "slots[sg] = most": "p.rows = 1",
}


@pytest.mark.clang
@pytest.mark.parametrize(("right", "wrong"), POINTERS.items(), ids=POINTERS.values())
def test_pointers_of_the_wrong_space(right: str, wrong: str) -> None:
    assert right in SOFTMAX
    with pytest.raises(TextError, match=r"program_source:\d+:\d+: error"):
        metalcompute.typecheck(SOFTMAX.replace(right, wrong, 1))


@pytest.mark.clang
@pytest.mark.parametrize(
    "words",
    ["float z = erf(1.0f);", "float z = sqrt(5);", "float2 z = float3(1);"],
)
def test_what_the_library_of_metal_has_not(words: str) -> None:
    with pytest.raises(TextError, match=f"program_source:{LINE}:"):
        metalcompute.Device().kernel(SOFTMAX.replace(HERE, f"{words} {HERE}"))


def test_a_text_keeps_its_lines() -> None:
    source = SOFTMAX.replace("kernel void", "kernel\nvoid").replace(
        "[[buffer(0)]]", "[[\nbuffer(0)\n]]"
    )
    assert rewrite(source).count("\n") == source.count("\n")
    assert "".join(token.text for token in tokenize(source)) == source


@pytest.mark.parametrize("start", ["kernel void", "[[kernel]] void", "kernel [[a, b(1, 2)]] void"])
def test_a_kernel_is_seen_however_it_is_spelled(start: str) -> None:
    source = (
        "// kernel void no()\n#define K kernel void neither() {}\ntemplate <class T> kernel void"
    )
    source += (
        " many(device T* x [[buffer(0)]]) {}\n" + start + " yes(device float4 *x [[ buffer(0) ]]"
    )
    (kernel,) = kernels(
        tokenize(source + ", const uint i [[ thread_position_in_grid ]]) { a[b[0]]; }")
    )
    x, i = kernel.parameters
    assert (kernel.name, kernel.line, x.name, x.buffer, i.builtin) == (
        *("yes", 4, "x", "0", "thread_position_in_grid"),
    )
    assert x.type == "device float4*"


@pytest.mark.clang
def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = TEXTS / "softmax.metal"
    assert main(["check", str(file)]) == 0
    shown = capsys.readouterr().out
    assert f"{file}:11: softmax, 256 threads a group" in shown
    assert "  buffer 0: device const float* x\n" in shown
    bad = tmp_path / "bad.metal"
    bad.write_text(SOFTMAX.replace(HERE, "double " + HERE))
    assert main(["check", str(bad), str(file)]) == 1
    assert f"program_source:{LINE}: error: `double`" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "none.metal")]) == 1
