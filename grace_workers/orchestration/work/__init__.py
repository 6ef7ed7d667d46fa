"""Incoming and recurring work: signals, requests, jobs, their doorbells and their schedule."""
