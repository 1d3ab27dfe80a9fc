"""Apple GPUs: kernels as MSL 2.3 text, run through metalcompute."""
