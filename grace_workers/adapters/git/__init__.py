"""Git as the coding agent's access to a user's repository."""
