"""A block of statements, or a condition, as a function of its own: what flows in, what flows out, and how it leaves."""
