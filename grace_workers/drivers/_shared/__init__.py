"""Roles that targets of several kinds can play, and what several drivers need for them."""
