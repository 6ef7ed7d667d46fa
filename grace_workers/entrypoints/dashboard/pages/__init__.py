"""The pages of the dashboard, one file each: what it reads from the API, and the actions of its forms."""
