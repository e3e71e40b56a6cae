"""What every answer carries: the content security policy and its neighbours."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

#: The scanner reads codes with WebAssembly: no other page may.
WITH_WASM = POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")

ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


@cache
def fingerprint(path: Path) -> str:
    """Return ten digits of a file's hash, read once a process: files change with a release."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.exists() else "missing"


@cache
def address(folder: str, filename: str, root: str) -> str:
    return url_for("static", filename=filename, v=fingerprint(Path(folder, filename)))


def asset(filename: str) -> str:
    """Return the address of a static file, with its content's hash so that it may be kept."""
    return address(current_app.static_folder or "", filename, request.script_root)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["asset"] = asset
    secure = app.config["SESSION_COOKIE_SECURE"]

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static" or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"  # also of files that are sent
        elif "v" not in request.args:  # a module names others without their hash
            response.headers["Cache-Control"] = "no-cache"
        return response
