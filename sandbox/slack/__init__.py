"""A local Slack workspace, as strict as the real one towards apps."""
