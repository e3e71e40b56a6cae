"""The tree of grid units, and the grids that they answer for."""
