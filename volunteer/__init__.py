"""Volunteer service: who served, where, for how long, and was it enough."""

import os
from collections.abc import Mapping
from datetime import timedelta

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from volunteer import features
from volunteer.core import (
    addresses,
    assets,
    db,
    errors,
    headers,
    health,
    i18n,
    jobs,
    login,
    logs,
    settings,
)


def create_app(overrides: Mapping[str, str] | None = None) -> Flask:
    """Build the application from the environment; `overrides` wins over it.

    Where the environment has no SECRET_KEY the demo city's `instance/demo.env` is
    read, if `python app.py` has written one. Raises SettingsError on a wrong setting.
    """
    environment = {**os.environ, **(overrides or {})}
    if not environment.get("SECRET_KEY"):
        environment = {**settings.demo_environment(create=False), **environment}
    city = settings.read(environment)
    settings.INSTANCE.mkdir(exist_ok=True)
    app = Flask(
        __name__,
        template_folder="../templates",
        static_folder="../static",
        instance_path=str(settings.INSTANCE),
    )
    app.extensions["settings"] = city
    secure = city.base_url.startswith("https:")
    app.config.update(
        SECRET_KEY=city.secret_key,
        SQLALCHEMY_DATABASE_URI=city.database_url,
        MAX_CONTENT_LENGTH=city.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        TRUSTED_HOSTS=list(city.trusted_hosts),
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="__Host-volunteer" if secure else "volunteer",
        PERMANENT_SESSION_LIFETIME=timedelta(days=90),
        SESSION_REFRESH_EACH_REQUEST=False,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        TESTING=environment.get("TESTING") == "true",
    )
    app.jinja_options["undefined"] = StrictUndefined
    app.jinja_options["trim_blocks"] = True
    app.jinja_options["lstrip_blocks"] = True
    if city.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=city.proxies, x_proto=city.proxies
        )
    CSRFProtect(app)
    app.cli.add_command(assets.group)
    for part in (addresses, logs, db, i18n, login, errors, headers, health, jobs, features):
        part.init_app(app)
    return app
