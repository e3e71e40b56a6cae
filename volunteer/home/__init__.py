"""Front pages, health, the demo city, the server."""
