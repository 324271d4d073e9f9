"""What reimbursement by hand and maternity claims share: the application, its documents, clock, steps and payment."""
