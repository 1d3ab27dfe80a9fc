"""Kernels as LLVM IR, compiled in this process for the CPU it runs on."""
