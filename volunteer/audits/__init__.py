"""The month audit: who met the minimum, who did not, and the reason of each figure."""
