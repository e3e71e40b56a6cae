"""The list of grids: roads, estates, markets and lanes, each with the units that answer for it."""
