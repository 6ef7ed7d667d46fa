"""What the operations of the coding agent reckon with."""
