"""Building by recipes: text put into files, and the proof that what was built works and nothing else changed."""
