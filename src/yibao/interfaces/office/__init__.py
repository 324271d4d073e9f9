"""Staff pages: sign-in, today's settlements, the funds, a settlement with its trace, its entries and its messages."""
