"""The intents of refactoring: changes of code that keep its behaviour, one file each."""
