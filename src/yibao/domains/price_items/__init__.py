"""Price items of care over the internet ("互联网+"医疗服务价格项目): proposals and decisions, published items, guided prices."""
