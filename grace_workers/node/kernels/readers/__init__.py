"""What this node's self-tests read through ports: the ledger, events, canaries and the node's own definitions."""
