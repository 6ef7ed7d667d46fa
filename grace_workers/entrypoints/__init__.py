"""The entry points: parse, call one function, render. No decision, no SQL."""
