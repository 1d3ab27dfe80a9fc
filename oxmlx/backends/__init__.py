"""The machines: each prints kernels and runs plans, and knows nothing of the operations."""
