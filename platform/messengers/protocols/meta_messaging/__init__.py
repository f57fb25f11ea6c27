"""Messenger and Instagram, as far as they are one: calls of the Graph API, the Send API, webhooks. Pure."""
