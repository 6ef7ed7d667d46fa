"""Telling people: who is asked after how long and by which way, what they read, and how they answer."""
