"""The Slack surface: parse, ask a flow, reply. `listeners` takes what Slack sends; `surface` lists all acts."""
