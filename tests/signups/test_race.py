"""Twenty people want one place through two server processes: one gets it, nobody gets a 500.

The control arm runs the same without lock, trigger and constraint and must overbook, or the
race is no race. Two hundred: `python -m tests.faults sign-up-race`.
"""

from tests.faults import sign_up_race

CLIENTS = 20


def test_exactly_one_gets_the_place(database_url, tmp_path, engine):
    """City rule: 20 requests for one place are one place."""
    found = sign_up_race.race(database_url, tmp_path, clients=CLIENTS, guarded=True)

    print(f"{engine}: {found}")
    for name, refusal in (("capacity", "full"), ("wanted", "full"), ("overlapping", "overlapping")):
        assert found[name].placed == 1, name
        assert found[name].answers == {"303 placed": 1, f"409 {refusal}": CLIENTS - 1}


def test_the_control_arm_overbooks(database_url, tmp_path, engine):
    found = sign_up_race.race(database_url, tmp_path, clients=CLIENTS, guarded=False)

    placed = {name: each.placed for name, each in found.items()}
    print(f"{engine}: the control arm gave {placed} places where there was one")
    assert min(placed.values()) > 1
