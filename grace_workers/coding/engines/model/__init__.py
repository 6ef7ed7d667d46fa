"""Patches written by a language model, which pass the same verification as any other."""
