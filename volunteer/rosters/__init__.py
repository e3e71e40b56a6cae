"""A month's roster: who serves where, drawn, mended by hand, and published at once."""
