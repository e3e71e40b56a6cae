"""Pages of bringing in posts from a sheet, and the sheet to take away."""

from io import BytesIO

from flask import Blueprint, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from volunteer.core import clock, workbooks
from volunteer.core.lists import ListForm, upload_page
from volunteer.core.login import current_actor

from . import access, sheets
from .columns import ALIASES, NEEDED
from .errors import ROW_TEXTS

bp = Blueprint("post_sheets", __name__)


@bp.route("/posts/import", methods=["GET", "POST"])
def upload() -> Response | tuple[str, int]:
    actor = current_actor()
    access.require_planner(actor)
    return upload_page(
        "posts/import.html",
        ListForm().called(gettext("List of posts")),
        lambda content, dry_run: sheets.import_posts(
            content, dry_run=dry_run, actor=actor, now=clock.now()
        ),
        texts=ROW_TEXTS,
        aliases=ALIASES,
        needed=NEEDED,
        then=url_for("posts.index"),
    )


@bp.get("/posts/export.xlsx")
def download() -> Response:
    content = sheets.export(
        actor=current_actor(),
        title=gettext("Persuasion posts"),
        note=gettext("Change it and upload it again: rows by their code, all or none."),
    )
    day = clock.local_day(clock.now())
    name = gettext("posts-%(day)s.xlsx", day=day.isoformat())
    return workbooks.send(BytesIO(content), name)
