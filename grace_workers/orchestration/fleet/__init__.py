"""What the leader and operators do to nodes: status, quarantine, drain, hand over."""
