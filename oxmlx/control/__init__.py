"""Higher-order primitives: programs that hold programs, and whose rules transform those."""
