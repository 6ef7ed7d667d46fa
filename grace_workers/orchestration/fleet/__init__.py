"""What the leader and operators do with nodes: status, quarantine, drain, handing over the lead."""
