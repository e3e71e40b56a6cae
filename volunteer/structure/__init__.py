"""The pages of units and grids, and what happens to people and work when a unit changes."""
