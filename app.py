"""The entry point: `python app.py` (try it), `gunicorn app:app` (serve), `flask jobs run`."""

import os
import sys

from volunteer import create_app
from volunteer.core import startup
from volunteer.core.settings import SettingsError
from volunteer.home import serving

if __name__ == "__main__":
    sys.exit(serving.main(create_app))

try:
    app = create_app()
except SettingsError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)
if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
    startup.exit_unless_ready(app)
