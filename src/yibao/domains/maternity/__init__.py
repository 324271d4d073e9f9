"""Maternity claims (生育保险): one application gives the allowance and the cost together."""
