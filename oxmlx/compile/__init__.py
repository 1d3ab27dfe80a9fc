"""From a jaxpr to kernels and a plan: what runs together, in which order, in which memory."""
