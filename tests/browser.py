"""The browser of the tests: requests on their own, and eyes for every page that comes back."""

import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextvars import Context
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from click.testing import Result
from flask import has_app_context
from flask.testing import FlaskClient, FlaskCliRunner
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from volunteer.core.db import db


class Browser(FlaskClient):
    """Asks as a browser does, and checks every page that comes back.

    A request runs outside the test's application context, with a database session of
    its own, as on a server. Forms carry their CSRF token unless `csrf=False` is said.
    """

    def open(self, *args: Any, csrf: bool = True, **given: Any) -> TestResponse:
        if csrf and given.get("method", "GET") != "GET":
            given["headers"] = {
                "X-CSRFToken": self.csrf_token(),
                **dict(given.get("headers") or {}),
            }
        given.setdefault("buffered", True)  # so that files are closed
        response: TestResponse = apart(super().open, *args, **given)
        if response.mimetype == "text/html" and not 300 <= response.status_code < 400:
            self.check(response)
        return response

    def check(self, response: TestResponse) -> None:
        asked = response.request
        fragment = asked.headers.get("HX-Request") == "true"
        look = check_fragment if fragment else check_page
        try:
            look(response.text, response.headers)
        except AssertionError as error:
            raise AssertionError(f"{asked.method} {asked.path}: {error}") from None

    def csrf_token(self) -> str:
        """Return a token that this browser's forms may carry, as `csrf_token` in templates."""
        secret = secrets.token_hex(20)
        secret = self.remember("csrf_token", secret, unless_known=True)
        signer = URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token")
        return signer.dumps(secret)

    def remember(self, name: str, value: str, *, unless_known: bool = False) -> str:
        """Put a value into this browser's signed session cookie; return what stands there."""

        def put() -> str:
            with self.session_transaction() as session:
                if not (unless_known and name in session):
                    session[name] = value
                return session[name]

        return apart(put)


class Shell(FlaskCliRunner):
    """Runs commands as a shell does: in an application context of their own."""

    def invoke(self, *args: Any, **given: Any) -> Result:
        return apart(super().invoke, *args, **given)


def apart(function: Any, *args: Any, **given: Any) -> Any:
    """Call `function` outside the test's context; what the test has read is let go first."""
    if has_app_context():
        session = db.session()
        if session.new or session.dirty or session.deleted:
            raise RuntimeError("the test has changed rows outside a transaction")
        session.rollback()
    return Context().run(function, *args, **given)


def check_page(html: str, headers: Mapping[str, str]) -> None:
    """Raise AssertionError with all that is wrong with a whole page, in the order found."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(html)
    found = [*_broken(parser), *_whole(root, html), *_everywhere(root), *_headers(headers)]
    assert not found, "; ".join(found)


def check_fragment(html: str, headers: Mapping[str, str]) -> None:
    """Raise AssertionError with all that is wrong with a part of a page, as htmx fetches it."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    container = "tbody" if re.match(r"\s*<tr\b", html) else "div"
    root = parser.parseFragment(html, container=container)
    whole = ["a whole page instead of a fragment"] if "<!doctype" in html[:200].lower() else []
    found = [*_broken(parser), *whole, *_everywhere(root, whole=False), *_headers(headers)]
    assert not found, "; ".join(found)


def _broken(parser: html5lib.HTMLParser) -> Iterator[str]:
    for (line, column), code, _ in parser.errors[:10]:
        yield f"invalid HTML at {line}:{column}: {code}"


def _whole(root: Element, html: str) -> Iterator[str]:
    if not html.lstrip().lower().startswith("<!doctype html>"):
        yield "no doctype"
    if root.get("lang") not in {"zh-CN", "en"}:
        yield f"lang is {root.get('lang')!r}"
    for tag in ("title", "h1", "main"):
        found = [each for each in root.iter(tag) if tag != "title" or _is_in_head(root, each)]
        if len(found) != 1 or not _text(found[0]):
            yield f"{len(found)} <{tag}>, or an empty one"
    if not any(meta.get("name") == "viewport" for meta in root.iter("meta")):
        yield "no viewport"


def _is_in_head(root: Element, title: Element) -> bool:
    head = root.find("head")
    return head is not None and title in head


def _everywhere(root: Element, *, whole: bool = True) -> Iterator[str]:
    elements = [each for each in root.iter() if isinstance(each.tag, str)]
    ids = Counter(each.get("id") for each in elements if each.get("id") is not None)
    for name, count in ids.items():
        if count > 1 or not name or re.search(r"\s", name):
            yield f"id {name!r} stands {count} times"
    if whole:
        yield from _dangling(elements, set(ids))
    yield from _inline(elements)
    yield from _unnamed(root, elements)
    yield from _forms(root)


def _dangling(elements: list[Element], ids: set[str | None]) -> Iterator[str]:
    for each in elements:
        wanted = [
            *(each.get("for", "").split() if each.tag in {"label", "output"} else ()),
            *each.get("aria-labelledby", "").split(),
            *each.get("aria-describedby", "").split(),
            *each.get("aria-controls", "").split(),
            *each.get("list", "").split(),
        ]
        if each.tag == "a" and each.get("href", "").startswith("#"):
            wanted.append(each.get("href", "")[1:])
        for name in wanted:
            if name not in ids:
                yield f"<{each.tag}> points at #{name}, which is not there"


def _inline(elements: list[Element]) -> Iterator[str]:
    """What the content security policy would stop, or fetch from elsewhere."""
    for each in elements:
        if each.tag == "style" or (each.tag == "script" and not each.get("src")):
            yield f"inline <{each.tag}>"
        for name, value in each.attrib.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"attribute {name} on <{each.tag}>"
            if name in {"src", "href", "action", "formaction"}:
                if value.strip().lower().startswith("javascript:"):
                    yield f"script in {name} of <{each.tag}>"
                outside = re.match(r"(https?:)?//", value)
                if outside and each.tag in {"script", "link", "img", "iframe", "form"}:
                    yield f"<{each.tag}> reaches out to {value}"


def _unnamed(root: Element, elements: list[Element]) -> Iterator[str]:
    labelled = {each.get("for") for each in root.iter("label") if _text(each)}
    wrapped = {id(inner) for label in root.iter("label") if _text(label) for inner in label.iter()}
    for each in elements:
        if each.tag == "img" and each.get("alt") is None:
            yield f"<img src={each.get('src')}> without alt"
        if each.tag == "th" and not each.get("scope"):
            yield f"<th> {_text(each)!r} without scope"
        if each.get("aria-label") or each.get("aria-labelledby"):
            continue
        if each.tag in {"a", "button", "summary"} and not _text(each):
            yield f"<{each.tag}> without a name: {dict(each.attrib)}"
        if each.tag not in {"input", "select", "textarea"}:
            continue
        if each.get("type") in {"hidden", "submit", "button", "reset", "image"}:
            continue
        if each.get("id") not in labelled and id(each) not in wrapped:
            yield f"<{each.tag} name={each.get('name')}> without a label"


def _forms(root: Element) -> Iterator[str]:
    for form in root.iter("form"):
        names = {each.get("name") for each in form.iter("input")}
        if form.get("method", "get").lower() == "post" and "csrf_token" not in names:
            yield f"form to {form.get('action')} without csrf_token"
        if form.get("method", "get").lower() == "get" and "csrf_token" in names:
            yield f"form to {form.get('action')} shows its csrf_token in the address"


def _text(element: Element) -> str:
    """What is read out: the text, and the words that stand for pictures."""
    pictures = [each.get("alt") or each.get("aria-label") or "" for each in element.iter()]
    return "".join([*element.itertext(), *pictures]).strip()


def _headers(headers: Mapping[str, str]) -> Iterator[str]:
    policy = headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy:
        yield "no content security policy"
    if "unsafe-inline" in policy or "'unsafe-eval'" in policy:
        yield "the content security policy allows inline scripts"
    if headers.get("X-Content-Type-Options") != "nosniff":
        yield "no nosniff"
