"""How a running node supervises its kernels: self-tests, the watch that acts on them, and orders about one kernel."""
