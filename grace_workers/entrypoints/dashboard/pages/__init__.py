"""The pages of the dashboard, one file each: what it reads of the API, and the deeds that its forms ask for."""
