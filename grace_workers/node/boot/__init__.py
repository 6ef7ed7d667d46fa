"""How a node boots: its steps and kernels, phase by phase, and what it remembers of its boots."""
