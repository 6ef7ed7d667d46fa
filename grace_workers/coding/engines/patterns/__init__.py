"""Known patterns: what earlier fixes of a repository changed, generalised, and tried before anything else."""
