"""The kinds of discoveries, one file each. Each binds a `Discovery` as `DEFINITION`."""
