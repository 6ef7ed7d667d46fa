"""Instances, leases, leadership: judges; starts and stops no process."""
