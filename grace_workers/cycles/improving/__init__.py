"""Improving the fleet: what a proposal may help, whether it did, and taking back what did not."""
