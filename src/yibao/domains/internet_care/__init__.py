"""Care over the internet ("互联网+"医疗服务): who may give it, checks of visits, budgets shared with the physical institution, audit and review."""
