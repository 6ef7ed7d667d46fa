"""The version of this release, the same as in pyproject."""

__version__ = "0.1.0"
