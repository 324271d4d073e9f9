"""The funds' double entry: append only, balanced by the database at commit, chained with SM3."""
