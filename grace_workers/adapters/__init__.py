"""Adapters: implement ports, translate driver errors, decide nothing."""
