"""The first-order primitives: one class each holds all of its rules."""
