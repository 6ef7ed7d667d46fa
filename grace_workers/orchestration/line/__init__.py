"""The line that every incident passes: its stages in order, the engine, and what each transition writes."""
