"""The roof: the transformations as users call them, on pytrees, with errors in their words."""
