"""The rules of the hunter, a file each."""
