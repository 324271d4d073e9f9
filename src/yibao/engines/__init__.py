"""Pure calculation: arrays and frozen values in, results with a trace out. No database, no clock, no network."""
