"""The rules of the hunter, one file each."""
