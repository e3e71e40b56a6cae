"""Which days are worked: the holidays of the state, and days that the city enters itself."""
