"""Settlements calculated anew when law takes effect in the past (追溯重算): runs, differences, decisions, corrections."""
