"""The line that every incident passes: its stages in order, the engine, and what a move from state to state writes."""
