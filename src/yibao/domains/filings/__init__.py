"""Filings (备案): referral, recognition of chronic diseases, designated point of care, care elsewhere; and how each ended."""
