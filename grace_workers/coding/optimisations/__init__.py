"""The ways in which code is made faster, one per file."""
