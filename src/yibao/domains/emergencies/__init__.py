"""Decisions in a major epidemic (重大疫情): what law they put in force, what was prepaid to institutions under them."""
