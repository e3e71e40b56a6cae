"""Journeys in a real browser, against `python app.py` or, with --base-url, any demo city."""
