"""From an error that was reported to a test that shows it."""
