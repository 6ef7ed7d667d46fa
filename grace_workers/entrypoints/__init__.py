"""The ways in: parse, call one function, render. No decision, no SQL."""
