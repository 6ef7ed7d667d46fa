"""Plans of intents by their names, one file each."""
