"""Who may speak to the gateway, and every message that changed something with its answer."""
