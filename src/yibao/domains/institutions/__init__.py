"""Hospitals, clinics and pharmacies (定点医药机构), their departments and practitioners."""
