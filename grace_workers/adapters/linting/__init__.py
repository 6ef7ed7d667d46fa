"""Programs that examine code without running it."""
