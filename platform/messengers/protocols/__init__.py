"""What several adapters of one family share: the Graph API, parts of an SMS, phone numbers. Pure."""
