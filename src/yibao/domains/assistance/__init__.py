"""Who is watched because illness may make them poor: listings, how the limit was reached, what was decided."""
