"""The page on which a site is put on the map."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import NumberRange, Optional, ValidationError

from volunteer.core import clock
from volunteer.core.actor import SCHEDULERS
from volunteer.core.forms import RefusableForm, choices, one_line
from volunteer.core.login import current_actor

from . import places, queries
from .models import FenceMode, Site
from .places import Datum, read_point

bp = Blueprint("places", __name__)


class PlaceForm(RefusableForm):
    """Where a site lies, by which map, and what its fence does."""

    point = StringField(
        lazy_gettext("Position"),
        [Optional()],
        filters=[one_line],
        description=lazy_gettext(
            "Two numbers as the map shows them, such as 29.475812, 119.281234."
        ),
        render_kw={"autocomplete": "off", "maxlength": 60},
    )
    datum = SelectField(
        lazy_gettext("Read from"),
        choices=choices(
            [
                (Datum.GCJ02.value, lazy_gettext("a Chinese map (Tencent, Amap)")),
                (Datum.WGS84.value, lazy_gettext("a phone or GPS device")),
            ]
        ),
    )
    metres = IntegerField(
        lazy_gettext("So many metres around it count as on site"),
        [Optional(), NumberRange(50, 5000, lazy_gettext("50 to 5000 metres."))],
        description=lazy_gettext("Empty: 150. For a park rather 300."),
    )
    mode = SelectField(
        lazy_gettext("Who checks in from further away"),
        choices=choices(
            [
                (FenceMode.OFF.value, lazy_gettext("is not asked for the place")),
                (FenceMode.HOLD.value, lazy_gettext("waits for the leader")),
                (FenceMode.REFUSE.value, lazy_gettext("is refused")),
            ]
        ),
    )

    def validate_point(self, field: StringField) -> None:
        if field.data and read_point(field.data) is None:
            raise ValidationError(gettext("Two numbers of a place in China, with a comma between."))

    def validate_mode(self, field: SelectField) -> None:
        if not self.point.data and field.data != FenceMode.OFF:
            raise ValidationError(gettext("Without a position nobody can be asked for the place."))


@bp.route("/sites/<string:code>/position", methods=["GET", "POST"])
def site(code: str) -> Response | tuple[str, int]:
    actor = current_actor()
    found = queries.site_by_code(code, under=actor.paths(*SCHEDULERS))
    if request.method == "GET":
        return page_of(found, PlaceForm(formdata=None, data=held(found)))
    form = PlaceForm()
    if form.validate_on_submit():
        places.place_site(
            found,
            point=read_point(form.point.data or ""),
            datum=Datum(form.datum.data),
            metres=form.metres.data,
            mode=FenceMode(form.mode.data),
            actor=actor,
            now=clock.now(),
        )
        flash(gettext("The position of the site is saved."), "success")
        return redirect(url_for("shifts.site", code=code), 303)
    return page_of(found, form)


def held(found: Site) -> dict[str, object]:
    """Return what is stored, as the fields show it: always by WGS-84."""
    known = found.latitude is not None
    return {
        "point": f"{found.latitude:.6f}, {found.longitude:.6f}" if known else "",
        "datum": (Datum.WGS84 if known else Datum.GCJ02).value,
        "metres": found.fence_metres,
        "mode": found.fence_mode,
    }


def page_of(found: Site, form: PlaceForm) -> tuple[str, int]:
    return render_template("shifts/place.html", site=found, form=form), form.status
