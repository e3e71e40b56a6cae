"""What higher features do when a record changes, in the verb's own transaction.

`features.py` fills the lists. Each is called with the person's id, further facts, and the
moment; whatever it refuses stops the verb.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from .records import Deeds, Line

#: The phone by which a person logs in has changed: (person, now).
phone_changed: list[Callable[[int, datetime], None]] = []

#: Refuses that somebody leaves: (person).
leaving: list[Callable[[int], None]] = []

#: A person serves no more from a day on: (person, first day away, now).
left: list[Callable[[int, date, datetime], None]] = []

#: One record goes into another: (kept, merged, now).
merged: list[Callable[[int, int, datetime], None]] = []

#: Name and phone are gone for good: (person, now).
erased: list[Callable[[int, datetime], None]] = []

#: Whether a person serves about now at a shift of the subtrees: (person, paths, now).
serves: list[Callable[[int, Sequence[str], datetime], bool]] = []

#: What a person has done and is to do, for the record's page: (person, now).
deeds: list[Callable[[int, datetime], Deeds]] = []

#: Every entry of a person's ledger, for the person's own copy: (person).
lines: list[Callable[[int], Sequence[Line]]] = []
