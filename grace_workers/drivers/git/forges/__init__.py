"""Sites that host repositories and take pull requests: one file each."""
