"""A community with people, and its exports."""

import pytest

from tests import make
from tests.exchange import exports
from tests.make import at
from volunteer.core.actor import Role
from volunteer.exchange import service

NOW = at("2026-11-23 10:00")


@pytest.fixture
def community(app):
    return make.unit(name="艾溪社区", code="AX")


@pytest.fixture
def wang(community):
    return make.person(unit=community, name="王小雨")


@pytest.fixture
def admin(community):
    return make.grant_of(Role.UNIT_ADMIN, community)


@pytest.fixture
def bring(community, admin):
    """Bring an export of durations in: `bring(row, row)` returns the file."""

    def bring_in(*rows, unit=None, actor=None, content=None, **given):
        file, _ = service.import_file(
            content or exports.durations(*rows),
            "时长.xlsx",
            unit=unit or community,
            actor=actor or admin,
            now=NOW,
            **given,
        )
        return file

    return bring_in
