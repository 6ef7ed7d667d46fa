"""The intents of refactoring: what can be asked to change in code without changing what it does, a file each."""
