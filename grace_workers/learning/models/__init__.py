"""Models that learn as outcomes arrive: what a problem is, what a text asks for, and when a unit will fail."""
