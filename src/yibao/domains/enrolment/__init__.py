"""Who is insured under which scheme and when; contributions, personal accounts, special statuses."""
