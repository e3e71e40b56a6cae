"""Doors that count wrong codes: who guesses is soon told to wait (checkin.md, case 37)."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import request

from volunteer.core import clock
from volunteer.core.login import actor_or_none

from . import rules, tries
from .errors import CodeRefused, TooManyTries

P = ParamSpec("P")
R = TypeVar("R")
#: What somebody finds who guesses; an old code, or one of another kind, was printed by us.
GUESSED = ("token_malformed", "token_signature")


def counted(view: Callable[P, R]) -> Callable[P, R]:
    """Count the wrong codes of a door's visitors; after ten in a row they wait a minute.

    Right ones are let in all the time, and cost no question: many people share an address.
    """

    @wraps(view)
    def door(*args: P.args, **given: P.kwargs) -> R:
        try:
            return view(*args, **given)
        except CodeRefused as refusal:
            if refusal.code not in GUESSED:
                raise
            now, who = clock.now(), f"link:{visitor()}"
            if tries.must_wait(who, now=now):
                raise TooManyTries() from None
            tries.count_wrong(who, now=now)
            raise

    return door


def visitor() -> str:
    """Return the number of the account, or the network of who is not logged in."""
    actor = actor_or_none()
    return str(actor.account_id if actor else rules.ip_prefix(request.remote_addr))
