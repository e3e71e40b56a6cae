"""The scanner's page and what makes it installable, and the page of scanning devices."""

import hashlib
from functools import cache
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response as AnyResponse

from volunteer.core import clock
from volunteer.core.headers import WITH_WASM, asset, fingerprint
from volunteer.core.login import current_actor, public

from . import access, enrolment

bp = Blueprint("scanner", __name__)

#: What the scanner fetches from `static` besides the page; modules name each other bare.
STYLES = ("app.css", "scanner/scanner.css")
MODULES = (
    *(
        f"scanner/{name}.js"
        for name in (
            "board",
            "camera",
            "clock",
            "code",
            "list",
            "main",
            "queue",
            "reader",
            "server",
            "store",
            "upload",
            "verdict",
            "words",
        )
    ),
    "vendor/idb.js",
    "vendor/zxing/reader/index.js",
    "vendor/zxing/share.js",
    "vendor/zxing/zxing_reader.wasm",
)
PICTURES = ("vendor/icons.svg",)


@bp.get("/scanner")
def page() -> Response:
    """Show the scanner: the same for everybody, for the phone keeps this page."""
    response = make_response(render_template("attendance/scanner.html"))
    response.headers["Content-Security-Policy"] = WITH_WASM
    return response


@bp.get("/sw.js")
@public
def worker() -> Response:
    """Give the service worker, with the names of the files that it keeps."""
    files = [
        url_for("scanner.page"),
        *(asset(name) for name in (*STYLES, *PICTURES)),
        *(url_for("static", filename=name) for name in MODULES),
    ]
    script = Path(current_app.static_folder or "", "scanner", "sw.js").read_text("utf-8")
    known = {"version": version(), "shell": files[0], "files": files}
    told = f"const KEPT = {jsonify(known).get_data(as_text=True).strip()};\n{script}"
    response = make_response(told)
    response.mimetype = "text/javascript"
    return response


def version() -> str:
    """Return what changes with any file of the scanner, and with the language it speaks."""
    static = Path(current_app.static_folder or "")
    root = Path(current_app.root_path)
    pages = root / "../templates"
    files = [static / name for name in (*STYLES, *PICTURES, *MODULES, "scanner/sw.js")]
    files += [pages / "attendance/scanner.html", pages / "layouts/base.html"]
    files += sorted(root.glob("translations/*/LC_MESSAGES/messages.mo"))
    return _digest(tuple(files), str(get_locale()))


@cache
def _digest(files: tuple[Path, ...], language: str) -> str:
    prints = "".join(fingerprint(path) for path in files)
    return hashlib.sha256(f"{language}{prints}".encode()).hexdigest()[:16]


@bp.get("/scanner/manifest.webmanifest")
@public
def manifest() -> Response:
    city = current_app.extensions["settings"].city_name
    pictures = [
        {"src": asset(f"scanner/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    response = jsonify(
        name=gettext("%(city)s: scanner", city=city),
        short_name=gettext("Scanner"),
        lang="zh-CN",
        start_url=url_for("scanner.page"),
        scope=url_for("scanner.page"),
        display="standalone",
        background_color="#ffffff",
        theme_color="#1f6b4a",
        icons=pictures,
    )
    response.mimetype = "application/manifest+json"
    return response


@bp.get("/scanner/devices")
def devices() -> str:
    actor = current_actor()
    access.require_self(actor)
    lines = enrolment.devices(actor, now=clock.now())
    return render_template("attendance/devices.html", lines=lines, keeps=keeps)


def keeps(line: enrolment.DeviceLine) -> bool:
    """Tell whether who looks may allow the device again."""
    return access.may_keep_device(current_actor(), line.unit_path)


@bp.post("/scanner/devices/<string:public_id>/revoke")
def revoke(public_id: str) -> AnyResponse:
    if enrolment.use(public_id, allowed=False, actor=current_actor(), now=clock.now()):
        flash(gettext("This phone no longer scans."), "success")
    return redirect(url_for("scanner.devices"), 303)


@bp.post("/scanner/devices/<string:public_id>/allow")
def allow(public_id: str) -> AnyResponse:
    if enrolment.use(public_id, allowed=True, actor=current_actor(), now=clock.now()):
        flash(gettext("This phone may scan again."), "success")
    return redirect(url_for("scanner.devices"), 303)
