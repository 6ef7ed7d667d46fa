"""What comes in and recurs: signals, requests, jobs, their doorbells and their schedule."""
