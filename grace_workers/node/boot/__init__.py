"""How a node comes up: its steps and kernels, phase by phase, and what it keeps of its boots."""
