"""Drawing up a month: who stands where, as a draft, fixed by hand, then published."""
