"""Git as the coding agent's window on a user's repository."""
