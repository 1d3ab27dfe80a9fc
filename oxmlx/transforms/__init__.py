"""Transformations of programs: jvp, linearize, transpose, vmap. Each is a trace."""
