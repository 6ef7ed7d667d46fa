"""What can be asked of the coding agent, a file each."""
