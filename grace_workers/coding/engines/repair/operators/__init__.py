"""The kinds of edits that a repair tries, a file each."""
