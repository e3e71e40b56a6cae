"""P1, P3, P4: what was acknowledged is stored, once and whole, though the server is killed."""

import pytest

from tests.benchmarks.databases import Databases
from tests.faults import kill

PEOPLE = 40
FIRE = kill.Fire(every=0.1, most=5)


@pytest.fixture
def databases(engine, tmp_path):
    made = Databases(engine, tmp_path)
    yield made
    made.close()


def test_acknowledged_is_stored_once_and_whole(databases):
    arm = kill.product(databases, PEOPLE, FIRE)

    assert arm.kills
    assert len(arm.acknowledged) == 2 * PEOPLE
    assert arm.stored == arm.acknowledged
    assert (arm.double, arm.half, arm.differing) == (0, 0, 0)


def test_the_control_arm_goes_wrong(databases):
    arm = kill.control(databases, PEOPLE, FIRE)

    assert len(arm.acknowledged) == 2 * PEOPLE
    assert arm.wrong
