"""Spreadsheets to and from the national volunteer app: read, reconciled, taken over, written.

A person carries the files up and down; nothing here speaks to any other system. A *file* is
one of its exports as it was read, a *record* one row of it, a *link* their number of one of
our people, a *taking* the entry of the ledger that a record became.
"""
