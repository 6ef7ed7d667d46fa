"""The kinds of edits that a repair tries, one file each."""
