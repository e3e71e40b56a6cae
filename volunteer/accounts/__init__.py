"""Log-ins: activation, passwords, one-time links, roles over units."""
