"""The fleet in PostgreSQL: instances, the leader's lease, kernels, breakers and their figures."""
