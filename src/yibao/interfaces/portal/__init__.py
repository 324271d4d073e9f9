"""Public pages: what would I pay for this bill, step by step, and what would it be elsewhere."""
