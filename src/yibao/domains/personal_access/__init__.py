"""How insured persons reach their own records (个人网厅): accounts, activation, who may act for whom, and who looked at what."""
