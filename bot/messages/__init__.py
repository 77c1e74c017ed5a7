"""All wording: a domain value goes in, a Slack message (blocks and fallback text) comes out. Pure."""
