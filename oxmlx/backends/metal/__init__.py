"""Apple GPUs: kernels as MSL 2.3 text."""
