"""The routes, one module per subject. A route reads its order, calls one function, and returns the result."""
