"""Acceptance of an institution's system (接口验收): what it has performed at the platform, and what that comes to."""
