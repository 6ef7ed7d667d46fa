"""The topics of the event mesh, one file each."""
