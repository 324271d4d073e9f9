"""REST for apps and partners, described by an OpenAPI document that is served beside it."""
