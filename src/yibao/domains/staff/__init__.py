"""Who works with yibao in which role, what each role may see, and who read whose records."""
