"""Traffic-persuasion posts (文明劝导点位) and the windows in which they are manned."""
