"""What a compiler newer than ours makes of the prelude: fast math finds no test of floats in it."""

from __future__ import annotations

from pathlib import Path

import llvmlite.binding as llvm
import pytest

from oxmlx.backends.metal.prelude import helpers
from oxmlx.emulate.clang import Build, clang

pytestmark = pytest.mark.clang

HEAD = 'extern "C" __attribute__((visibility("default"))) '


def optimized(function: str, tmp_path: Path) -> str:
    """The code of a function of the prelude under fast math, by clang and then llvmlite's LLVM."""
    source, code = tmp_path / "source.cpp", tmp_path / "code.ll"
    texts = "\n".join(helpers(f"{function}("))
    operands = "x[0], x[1]" if f"{function}(float x, float y" in texts else "x[0]"
    body = f"void f(const float* x, float* y) {{ *y = {function}({operands}); }}"
    source.write_text(f"namespace metal {{}}\nusing namespace metal;\n{texts}\n{HEAD}{body}\n")
    flags = [f for f in Build(fast_math=True).flags if f not in ("-shared", "-O2")]
    unoptimized = ("-O1", "-Xclang", "-disable-llvm-passes", "-S", "-emit-llvm")
    done, said = clang().run(*unoptimized, *flags, "-x", "c++", str(source), "-o", str(code))
    assert done, said
    llvm.initialize_native_target()
    module = llvm.parse_assembly(code.read_text())
    machine = llvm.Target.from_default_triple().create_target_machine()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(2))
    builder.getModulePassManager().run(module, builder)
    return str(module.get_function("f"))


@pytest.mark.parametrize("function", ["is_nan", "is_finite", "max_nan", "min_nan"])
def test_bits_stay_bits(function: str, tmp_path: Path) -> None:
    """LLVM 19 and later take `(bits & 0x7f800000) != 0x7f800000` for a comparison with infinity,
    and fast math says how that ends."""
    code = optimized(function, tmp_path)
    assert "store " in code
    assert not [word for word in ("fcmp", "fpclass", "fneg") if word in code]
