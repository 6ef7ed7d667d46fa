"""What the coding agent can be asked for, one file each."""
