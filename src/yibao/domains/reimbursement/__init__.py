"""Reimbursement by hand (零星报销): what was charged elsewhere, what the officer made of it, what came out."""
