"""A local Slack workspace, as strict with apps as the real one."""
