"""Models that learn as outcomes come: what a problem is, what a text asks for, when a unit will fail."""
