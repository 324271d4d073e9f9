"""Insured persons, their households and the vouchers (凭证) by which they are known."""
