"""The Slack surface: parse, ask a flow, reply. `listeners` hears Slack, `surface` has what people can do, by tables."""
