"""Pages of logging in and out, of the own account, and of printed codes."""

import re

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext, lazy_gettext
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from volunteer.core import clock
from volunteer.core.actor import Role
from volunteer.core.login import LoggedIn, current_actor, manager, public, safe_next
from volunteer.people import queries as people_queries
from volunteer.people.rules import mask_phone
from volunteer.units import queries as units

from . import access, coordinators, logins, queries, rules, service, slips
from .errors import LinkGone
from .forms import (
    ActivateForm,
    AppointForm,
    HandOverForm,
    LogInForm,
    PasswordForm,
    PhoneForm,
)

bp = Blueprint("accounts", __name__)

ROLE_WORDS = {
    Role.COORDINATOR: lazy_gettext("Coordinator"),
    Role.UNIT_ADMIN: lazy_gettext("Unit administrator"),
    Role.SYSTEM_LEAD: lazy_gettext("System lead"),
    Role.CITY_OFFICE: lazy_gettext("City office"),
    Role.INSPECTOR: lazy_gettext("Inspector"),
    Role.SYS_ADMIN: lazy_gettext("System administrator"),
    Role.SEC_ADMIN: lazy_gettext("Security administrator"),
    Role.AUDIT_ADMIN: lazy_gettext("Audit administrator"),
}
BROWSER_WORDS = {"WeChat": lazy_gettext("WeChat"), "DingTalk": lazy_gettext("DingTalk")}


@manager.user_loader
def load(token: str) -> LoggedIn | None:
    """Answer Flask-Login, once a request: who is behind the token of this cookie."""
    actor = queries.actor_of_token(token, now=clock.now())
    return LoggedIn(token, actor) if actor else None


def this_visit() -> logins.Visit:
    token = current_user.token if current_user.is_authenticated else None
    return logins.Visit(rules.browser_name(request.user_agent.string), token)


def enter(token: str, address: str | None) -> Response:
    """Start a new browser session with the log-in `token` and go on to a local address.

    Nothing of the session before stays but the language: neither what somebody may have
    planted there nor its CSRF token.
    """
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    session.permanent = True
    login_user(load(token))
    return redirect(safe_next(address), 303)


@bp.get("/login")
@public
def login() -> Response | str:
    form = LogInForm(next=request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(safe_next(form.next.data), 303)
    return render_template("accounts/login.html", form=form)


@bp.post("/login")
@public
def log_in() -> Response | tuple[str, int]:
    form = LogInForm()
    if form.validate_on_submit():
        with form.refusals():
            token = logins.log_in(
                form.phone.data, form.password.data, visit=this_visit(), now=clock.now()
            )
            return enter(token, form.next.data)
    return render_template("accounts/login.html", form=form), form.status


@bp.post("/logout")
def logout() -> Response:
    logins.log_out(current_user.token, actor=current_actor(), now=clock.now())
    logout_user()
    session.clear()
    return redirect(url_for("accounts.login"), 303)


@bp.get("/activate")
@public
def activate() -> str:
    notice = people_queries.current_notice()
    form = ActivateForm(next=request.args.get("next"), notice_version=notice.version)
    return render_template("accounts/activate.html", form=form, notice=notice)


@bp.post("/activate")
@public
def use_code() -> Response | tuple[str, int]:
    form = ActivateForm()
    if form.validate_on_submit():
        with form.refusals():
            token = logins.activate(
                form.phone.data,
                form.code.data,
                form.password.data,
                consent=form.consent.data == "yes",
                notice_version=people_queries.notice_shown(form.notice_version.data),
                visit=this_visit(),
                now=clock.now(),
            )
            answer = enter(token, form.next.data)
            flash(gettext("Your log-in is ready."), "success")
            return answer
    notice = people_queries.current_notice()
    form.notice_version.data = notice.version
    return render_template("accounts/activate.html", form=form, notice=notice), form.status


@bp.get("/login/<string:token>")
@public
def link(token: str) -> str:
    found = queries.good_link(token, now=clock.now())
    if found is None:
        raise LinkGone()
    phone = mask_phone(found.account.person.phone)
    return render_template("accounts/link.html", phone=phone, token=token)


@bp.post("/login/<string:token>")
@public
def use_link(token: str) -> Response:
    return enter(logins.use_link(token, visit=this_visit(), now=clock.now()), None)


def my_page(form: PasswordForm) -> tuple[str, int]:
    actor, now = current_actor(), clock.now()
    account = queries.own_account(actor)
    page = render_template(
        "accounts/me.html",
        form=form,
        person=account.person,
        phone=mask_phone(account.person.phone),
        unit=queries.unit_of(account.person_id, day=clock.local_day(now)),
        grants=queries.grants_of(account.id),
        logins=queries.live_logins(account.id, now=now),
        this_login=rules.fingerprint(current_user.token),
        role_words=ROLE_WORDS,
        browser_words=BROWSER_WORDS,
        has_password=account.password_hash is not None,
    )
    return page, form.status


@bp.get("/account/password", endpoint="password")  # who reloads after a refusal lands here
@bp.get("/account")
def me() -> tuple[str, int]:
    return my_page(PasswordForm())


@bp.post("/account/password")
def change_password() -> Response | tuple[str, int]:
    form = PasswordForm()
    if form.validate_on_submit():
        with form.refusals():
            logins.change_password(
                form.current.data,
                form.password.data,
                keep=current_user.token,
                actor=current_actor(),
                now=clock.now(),
            )
            flash(gettext("The new password holds; everywhere else you are logged out."), "success")
            return redirect(url_for("accounts.me"), 303)
    return my_page(form)


@bp.get("/account/phone")
def new_phone() -> tuple[str, int]:
    return phone_page(PhoneForm())


@bp.post("/account/phone")
def change_phone() -> Response | tuple[str, int]:
    form = PhoneForm()
    if form.validate_on_submit():
        with form.refusals():
            token = logins.change_phone(
                form.current.data,
                form.phone.data,
                visit=this_visit(),
                actor=current_actor(),
                now=clock.now(),
            )
            answer = enter(token, url_for("own.data"))
            flash(gettext("The new number holds; log in with it next time."), "success")
            return answer
    return phone_page(form)


def phone_page(form: PhoneForm) -> tuple[str, int]:
    phone = mask_phone(queries.own_account(current_actor()).person.phone)
    return render_template("accounts/phone.html", form=form, phone=phone), form.status


@bp.post("/account/sessions/<id:login_id>/end")
def end_session(login_id: int) -> Response:
    logins.end_login(login_id, actor=current_actor(), now=clock.now())
    flash(gettext("That browser is logged out."), "success")
    return redirect(url_for("accounts.me"), 303)


@bp.get("/accounts/codes")
def codes() -> str:
    actor = current_actor()
    under = access.require_printer(actor)
    choices = units.listing(under=under)
    unit = units.by_code(request.args["unit"], under=under) if request.args.get("unit") else None
    search = request.args.get("q", "").strip()[:40]
    people = queries.candidates(
        under=[unit.path] if unit else under,
        day=clock.local_day(clock.now()),
        search=search,
        limit=service.MOST_SLIPS,
    )
    held = queries.held_by([each.person_id for each in people])
    lines = []
    for each in people:
        may = access.may_make_code(actor, each.unit_path, held.get(each.person_id, ()))
        lines.append((each, mask_phone(each.phone), may))
    return render_template(
        "accounts/codes.html",
        lines=lines,
        choices=choices,
        unit=unit,
        search=search,
        limit=service.MOST_SLIPS,
    )


@bp.post("/accounts/codes")
def print_codes() -> str:
    made = service.make_slips(
        request.form.getlist("person"), actor=current_actor(), now=clock.now()
    )
    address = current_app.extensions["settings"].base_url + url_for("accounts.activate")
    return render_template(
        "accounts/slips.html",
        slips=[(slip, mask_phone(slip.phone)) for slip in made],
        address=address,
        picture=slips.picture(address),
    )


#: What a page may be turned from.
SERIAL = re.compile(r"[0-9]{1,9}")


@bp.get("/coordinators")
def coordinator_list() -> str:
    actor, day = current_actor(), clock.local_day(clock.now())
    readable = access.require_reader(actor)
    unit = units.named(request.args.get("unit", ""), under=readable)
    under = (unit.path,) if unit else readable
    words = request.args.get("q", "").strip()[:60]
    lacking = request.args.get("lacking") == "1"
    without = queries.without_coordinator(
        under=under, day=day, people=people_queries.counts_by_unit(under=under, day=day)
    )
    asked = request.args.get("after", "")
    after = int(asked) if SERIAL.fullmatch(asked) else None
    start = after or 0
    end = start + queries.PAGE
    return render_template(
        "accounts/coordinators.html",
        page=None if lacking else queries.coordinators(under=under, words=words, after=after),
        without=without[start:end],
        without_count=len(without),
        next_start=end if len(without) > end else None,
        lacking=lacking,
        words=words,
        unit=unit,
        may_appoint=lambda path: access.may_appoint(actor, path),
        appoints=actor.is_any(*access.KEEPERS),
    )


@bp.route("/coordinators/new", methods=["GET", "POST"])
def appoint() -> Response | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    under, today = access.require_appointer(actor), clock.local_day(now)
    form = AppointForm(unit=request.args.get("unit"), grid=request.args.get("grid"))
    if form.validate_on_submit():
        with form.refusals():
            grid = units.grid_meant(form.grid.data, under=under)
            unit = grid.lead_unit if grid else units.meant(form.unit.data, under=under, on=today)
            coordinators.appoint(form.who.data, unit, grid=grid, actor=actor, now=now)
            flash(gettext("The coordinator of %(unit)s is appointed.", unit=unit.name), "success")
            return redirect(url_for(".coordinator_list", unit=unit.code), 303)
    return render_template("accounts/appoint.html", form=form), form.status


@bp.route("/coordinators/<id:grant_id>/hand-over", methods=["GET", "POST"])
def hand_over(grant_id: int) -> Response | tuple[str, int]:
    actor = current_actor()
    present = queries.coordinator(grant_id, under=access.require_appointer(actor))
    form = HandOverForm()
    if form.validate_on_submit():
        with form.refusals():
            coordinators.hand_over(grant_id, form.who.data, actor=actor, now=clock.now())
            flash(gettext("%(unit)s has a new coordinator.", unit=present.unit_name), "success")
            return redirect(url_for(".coordinator_list", unit=present.unit_code), 303)
    return render_template("accounts/hand_over.html", form=form, present=present), form.status


@bp.post("/coordinators/<id:grant_id>/end")
def end_appointment(grant_id: int) -> Response:
    coordinators.end(grant_id, actor=current_actor(), now=clock.now())
    flash(gettext("The appointment has ended."), "success")
    return redirect(url_for(".coordinator_list"), 303)


blueprints = (bp,)
