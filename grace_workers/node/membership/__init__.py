"""A node's membership in the fleet: it registers, beats, follows what the fleet decides, drains and leaves."""
