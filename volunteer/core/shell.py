"""What all shell commands share: a ready database, `--json`, refusals in one sentence."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from typing import Any

import click
from flask.cli import AppGroup

from .errors import DomainError
from .startup import shell_ready


class Command(click.Command):
    """A command that answers bad arguments with one sentence, without the usage before it."""

    def make_context(self, *args: Any, **given: Any) -> click.Context:
        with _without_usage():
            return super().make_context(*args, **given)

    def invoke(self, ctx: click.Context) -> Any:
        with _without_usage():
            return super().invoke(ctx)


@contextmanager
def _without_usage() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        error.ctx = None
        raise


class CommandGroup(AppGroup):
    """A group whose commands check the database first and end politely.

    A `DomainError` becomes its sentence and exit code 1; bad arguments end with
    one sentence and exit code 2.
    """

    def command(  # type: ignore[override]
        self, *args: Any, **kwargs: Any
    ) -> Callable[..., Any]:
        register = super().command(*args, **{"cls": Command, **kwargs})

        def decorate(function: Callable[..., Any]) -> click.Command:
            def wrapped(*inner: Any, **given: Any) -> Any:
                shell_ready()
                try:
                    return function(*inner, **given)
                except DomainError as error:
                    click.echo(error.message, err=True)
                    raise SystemExit(1) from error

            return register(update_wrapper(wrapped, function))

        return decorate


as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object as the last line."
)


def report(facts: dict[str, object], *, as_json: bool) -> None:
    """Print the outcome: one JSON object, or a line a fact."""
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        click.echo(f"{name}: {value}")
