"""Supplementary insurance (惠民保 and its like): who holds which policy for which year; its payment is settled with the rest."""
