"""`python -m tests [pytest arguments]`: set up what the tests need, then run them all.

On a bare Debian as root the browser and the Chinese font are installed; elsewhere the
line to run is printed. The closing line and the exit code are pytest's.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from volunteer.core import assets

ROOT = Path(__file__).parents[1]
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")
PACKAGES = ("chromium-headless-shell", "libatomic1", "fonts-wqy-microhei")


def main(arguments: list[str]) -> int:
    install_packages(missing_packages())
    try:
        assets.install()
    except assets.AssetsError as error:
        print(error, file=sys.stderr)
        return 2
    spread = [] if any(a.startswith("-n") for a in arguments) else ["-n", str(os.cpu_count() or 2)]
    sys.stdout.flush()
    return subprocess.call([sys.executable, "-m", "pytest", *spread, *arguments], cwd=ROOT)


def missing_packages() -> list[str]:
    """Return which of PACKAGES this machine lacks; any Chromium and any Chinese font will do."""
    present = {
        "chromium-headless-shell": any(
            shutil.which(name) for name in ("chromium-headless-shell", "chromium", "google-chrome")
        ),
        "libatomic1": any(Path("/usr/lib").glob("**/libatomic.so.1")),
        "fonts-wqy-microhei": _has_chinese_font(),
    }
    return [name for name in PACKAGES if not present[name]]


def _has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc").exists()
    listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def install_packages(missing: list[str]) -> None:
    """Install with apt where we may; else print what to run, and let the tests say what lacks."""
    if not missing:
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        print(f"The browser tests need: sudo {' '.join((*INSTALL, *missing))}", file=sys.stderr)
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for pause in (0, 5):  # mirrors hiccup: one more try
        time.sleep(pause)
        print(f"Installing {', '.join(missing)} ...", flush=True)
        done = True
        for command in (["apt-get", "update"], [*INSTALL, *missing]):
            result = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
            done = done and result.returncode == 0
        if done:
            return
    print(f"apt-get failed: {result.stderr.strip()[-500:]}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
