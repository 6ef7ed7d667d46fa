"""The preflight gate: what a node must pass before it starts anything. Each module judges one side of it."""
