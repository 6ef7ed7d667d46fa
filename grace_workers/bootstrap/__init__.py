"""From settings to running parts: the only room that names every concrete class. It wires, and decides nothing.

A module imports only what its part needs, so that beat does not load what only the API needs.
"""
