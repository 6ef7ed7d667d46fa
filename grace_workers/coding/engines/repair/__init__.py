"""Repair by search: edits of suspicious functions, tried by the tests, ranked, verified."""
