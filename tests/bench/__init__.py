"""Measurements, each a ratio against a named floor of the same run. `make bench`; `ARGS=--quick` for a short one."""
