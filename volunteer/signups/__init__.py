"""Taking part: signing up, waiting lists, not being able to come, swaps, days off."""
