"""Fault localisation: suspicious functions and lines, from one recorded run of the suite."""
