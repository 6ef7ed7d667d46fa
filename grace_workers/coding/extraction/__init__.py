"""Extracting a block or a condition into a function: what flows in, what flows out, and how it is left."""
