"""Registrations and admissions, diagnoses, and fee lines with their split by the catalogue."""
