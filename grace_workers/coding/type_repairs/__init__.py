"""The kinds of error that mypy reports and that are repaired, one per file."""
