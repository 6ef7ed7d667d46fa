"""Recipes: what can be built into a repository without a language model, one file each, with its tests."""
