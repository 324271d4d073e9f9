"""Drugs, consumables, services and diseases, how each scheme covers them and up to which price."""
