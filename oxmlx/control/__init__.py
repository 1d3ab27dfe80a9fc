"""Higher-order primitives: programs that hold programs. Their rules transform the jaxprs they hold."""
