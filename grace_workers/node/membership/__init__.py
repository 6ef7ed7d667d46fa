"""A node's membership in the fleet: it registers, beats, follows the fleet's decisions, drains and leaves."""
