"""Making code faster: a change is kept only if it is measured to be faster, and gives the same."""
