"""Divisions, dictionaries, settings in force, and the history of every changed record."""
