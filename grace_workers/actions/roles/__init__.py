"""What a target can be asked to do, whatever technology it is: one role a file, a small protocol and its values.

Primitives and checks speak to roles, drivers implement them. The docstrings are the contract: the suite of the role in
`tests/conformance/roles/` holds every implementation to them.
"""
