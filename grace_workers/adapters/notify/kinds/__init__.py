"""The kinds of ways, one file each. Each binds a `Notifier` as `DEFINITION`."""
