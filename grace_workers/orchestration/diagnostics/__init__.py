"""What is looked at when a target is diagnosed: one file each. They read, within bounds, and never change anything."""
