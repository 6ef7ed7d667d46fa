"""Writing tests for code that has too few: calls that distinguish the code from mutants of it."""
