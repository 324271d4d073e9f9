"""Doors: parse, authenticate, call one workflow, translate the answer and the errors. No business rule here."""
