"""Boards: a unit's month, the gaps, an inspection, who stands where now; on paper, in calendars."""
