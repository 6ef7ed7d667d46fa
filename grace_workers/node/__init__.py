"""A node's life: boot, watch, orders, membership, drain. Judges by `fleet` and acts through the ports in `ports`."""
