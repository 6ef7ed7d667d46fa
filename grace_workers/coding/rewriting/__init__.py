"""Edits of single expressions and signatures that intents share."""
