"""What a target can be asked to do, whatever its technology: one role a file, a small protocol and its values.

Primitives and checks use roles, drivers implement them. The docstrings are the contract, and the suite of the role in
`tests/conformance/roles/` tests every implementation against it. Besides what a method documents, each may raise
`TransientError` when the technology does not answer, which counts for its circuit breaker, and `PermanentError` when it
refuses. Several threads and processes may call the same target at once, and each may die at any instruction.
"""
