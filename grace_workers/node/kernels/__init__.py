"""How a running node looks after its kernels: self-tests, the watch that acts on them, and orders about one kernel."""
