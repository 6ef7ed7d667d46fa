"""The stages' own work, one file each. `line` gives their order, `advance` runs them."""
