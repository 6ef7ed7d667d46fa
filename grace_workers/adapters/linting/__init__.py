"""Programs that look at code without running it."""
