"""Bringing in a list by its codes, all rows or none: its form, its page, its end in the shell."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import click
from flask import flash, redirect, render_template
from flask_babel import gettext, lazy_gettext
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import BooleanField

from .forms import RefusableForm
from .shell import report
from .tables import RowError

#: Wrong cells shown on the page; the shell tells more.
ERRORS_SHOWN = 100


class Outcome(Protocol):
    """What became of a file; with `errors` nothing was written, and `new` is what would be."""

    @property
    def new(self) -> int: ...
    @property
    def updated(self) -> int: ...
    @property
    def unchanged(self) -> int: ...
    @property
    def errors(self) -> Sequence[RowError]: ...
    def _asdict(self) -> dict[str, Any]: ...


class ListForm(RefusableForm):
    file = FileField(
        validators=[FileRequired(lazy_gettext("Choose a file first."))],
        description=lazy_gettext("xlsx, or csv in UTF-8 or GB18030; at most 5,000 rows."),
        render_kw={"accept": ".xlsx,.csv"},
    )
    dry_run = BooleanField(lazy_gettext("Only check, write nothing"))

    def called(self, label: str) -> "ListForm":
        """Say what the list is called, and return the form."""
        self.file.label.text = label
        return self


def upload_page(
    template: str,
    form: ListForm,
    bring_in: Callable[[bytes, bool], Outcome],
    *,
    texts: Mapping[str, str],
    aliases: Mapping[str, Sequence[str]],
    needed: Collection[str],
    then: str,
) -> Response | tuple[str, int]:
    """Answer a page that brings in a list; `bring_in` is called with the file's content and
    whether it is only checked, and what it refuses stands beside the field.

    `texts` say what to do about each code of an error, the first of a column's `aliases` is
    its name, and `then` is where one goes when all is written.
    """
    outcome = None
    if form.validate_on_submit():
        with form.refusals():
            outcome = bring_in(form.file.data.read(), form.dry_run.data)
            if not (outcome.errors or form.dry_run.data):
                told_so = gettext(
                    "Imported: %(new)s new, %(updated)s changed, %(unchanged)s as before.",
                    new=outcome.new,
                    updated=outcome.updated,
                    unchanged=outcome.unchanged,
                )
                flash(told_so, "success")
                return redirect(then, 303)
    page = render_template(
        template,
        form=form,
        outcome=outcome,
        errors=outcome.errors[:ERRORS_SHOWN] if outcome else [],
        reasons={code: gettext(text) for code, text in texts.items()},
        columns=[(names[0], column in needed) for column, names in aliases.items()],
    )
    return page, 422 if outcome and outcome.errors else form.status


def report_list(outcome: Outcome, texts: Mapping[str, str], *, as_json: bool) -> None:
    """Print what became of a list, each wrong cell as a line; one of them is exit code 1."""
    errors = [
        {**error._asdict(), "message": gettext(texts[error.code])} for error in outcome.errors
    ]
    for error in errors:
        click.echo("第 {row} 行 {column}“{value}”：{message}".format(**error), err=True)
    report({**outcome._asdict(), "errors": errors if as_json else len(errors)}, as_json=as_json)
    if errors:
        raise SystemExit(1)
