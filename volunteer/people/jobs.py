"""What the register does by itself every night."""

from datetime import datetime

from volunteer.core.jobs import job

from . import runs


@job("people.clear_imports", hour=3, minute=20)
def clear_imports(now: datetime) -> int:
    """Forget uploads that nobody confirmed, and the rows of imports that have landed."""
    return runs.clear(now=now)
