"""Looking at what is planned: month grid, gaps, inspections, calendars, print."""
