"""The soak: whole bots play the main jobs by seed while everything around them breaks; then nothing may be wrong.

Time is the loop's own and passes only when everybody waits, so minutes of a bot take milliseconds, and the same seed
plays the same again.
"""
