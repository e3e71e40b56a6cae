"""A shift is a time and a place at which people serve; who is assigned to it."""
