"""Settlement lists (医疗保障基金结算清单): versions, states, what the national checks found; the base of grouping."""
