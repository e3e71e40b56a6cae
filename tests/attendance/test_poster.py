"""The printed code: every file of it decodes to exactly the URL that was issued (case 88)."""

import json
import re
import struct
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from tests import make
from volunteer.attendance import poster
from volunteer.core.actor import Role


def read(image: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return [each.text for each in found]


def png(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("L")


def drawn(svg: bytes) -> Image.Image:
    """Draw the one path of an SVG code: squares on white, in tenths of a millimetre or so."""
    text = svg.decode()
    side = float(re.search(r'viewBox="0 0 ([\d.]+)', text).group(1))
    scale = 600 / side
    image = Image.new("L", (600, 600), "white")
    pen = ImageDraw.Draw(image)
    path = re.search(r' d="([^"]+)"', text).group(1)
    for part in path.split("z"):
        numbers = [float(number) * scale for number in re.findall(r"[\d.]+", part)]
        if numbers:
            left, top, right, bottom = numbers[:4]
            pen.rectangle((left, top, right - 1, bottom - 1), fill="black")
    return image


def inside(pdf: bytes) -> Image.Image:
    """Return the picture that a sheet carries: a fax strip (CCITT 4), here in a TIFF's coat."""
    head, data = re.search(
        rb"<<([^<>]*/CCITTFaxDecode.*?/Subtype /Image.*?)>>\s*stream\r?\n(.*?)\r?\nendstream",
        pdf.replace(b"/DecodeParms <<", b"").replace(b">>\n/Filter", b"\n/Filter"),
        re.DOTALL,
    ).groups()
    width, height = (
        int(re.search(rb"/%s (\d+)" % name, head)[1]) for name in (b"Width", b"Height")
    )
    assert b"/BlackIs1 true" in head
    tags = (
        *((256, width), (257, height), (258, 1), (259, 4), (262, 1)),
        *((273, 8 + 2 + 9 * 12 + 4), (277, 1), (278, height), (279, len(data))),
    )
    fields = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in tags)
    coat = b"II*\0" + struct.pack("<LH", 8, len(tags)) + fields + bytes(4)
    return Image.open(BytesIO(coat + data)).convert("L")


SHEET = poster.Poster(
    url="https://zyfw.example.cn/q/AREBfb6Ws272zAABUt4TWmei1TwOxw",
    token="AREBfb6Ws272zAABUt4TWmei1TwOxw",
    site="新安路口",
    address="严州大道 218 号",
    code="XAJ-012",
    city="建德市志愿服务",
    call="扫码签到 · 扫码签退",
    steps=("扫码", "签到", "签退"),
    help="请现场负责人登记。",
)


def test_the_address_is_short_and_signed(scene):
    sheet = poster.poster_of(
        scene.site, base_url="https://zyfw.example.cn", city="建德市", keys=scene.keys
    )

    assert sheet.url == f"https://zyfw.example.cn/q/{scene.token()}"
    assert len(scene.token()) == 30


@pytest.mark.parametrize(
    ("width", "angle"),
    [(900, 0), (60, 0), (60, 90), (60, 180), (120, 30), (450, 30), (450, 215), (900, 5)],
)
def test_case_88_the_png_is_read_small_and_turned(width, angle):
    image = png(poster.png(SHEET))
    turned = image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    share = width / image.width

    small = turned.resize([round(side * share) for side in turned.size], Image.Resampling.BOX)

    assert read(small) == [SHEET.url]


def test_case_88_the_svg():
    assert read(drawn(poster.svg(SHEET))) == [SHEET.url]


def test_case_88_the_sheet():
    pdf = poster.pdf(SHEET)

    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1
    assert read(inside(pdf)) == [SHEET.url]


def test_a_quarter_may_be_soiled():
    """Level Q: what weather takes from a poster does not stop it."""
    image = png(poster.png(SHEET))
    ImageDraw.Draw(image).rectangle((480, 480, 640, 640), fill=128)

    assert read(image) == [SHEET.url]


def test_there_is_a_quiet_border_of_four():
    image = png(poster.png(SHEET))

    assert image.getbbox() == (0, 0, *image.size)
    dark = image.point(lambda value: 255 - value).getbbox()
    assert dark == (80, 80, image.width - 80, image.height - 80)


def test_a_long_name_fits_the_sheet():
    sheet = SHEET._replace(site="新时代文明实践中心东侧志愿服务岗亭与便民服务点" * 2)

    assert read(inside(poster.pdf(sheet))) == [sheet.url]


def test_a_file_is_made_once():
    assert poster.pdf(SHEET) is poster.pdf(SHEET)


class TestPages:
    def url(self, scene, ending: str = "") -> str:
        return f"/sites/{scene.site.code}/poster{ending}"

    def test_the_page_to_print(self, scene, client):
        make.login(client, make.person(unit=scene.unit), Role.COORDINATOR)

        page = client.get(self.url(scene))

        assert page.status_code == 200
        assert 'src="data:image/svg+xml;base64,' in page.text
        for word in (scene.site.name, scene.site.code, "扫码签到", f'{self.url(scene, ".pdf")}"'):
            assert word in page.text

    def test_the_poster_speaks_chinese_whoever_prints_it(self, scene, client):
        client.remember("language", "en")
        make.login(client, make.person(unit=scene.unit), Role.COORDINATOR)

        assert "扫码签到" in client.get(self.url(scene)).text

    @pytest.mark.parametrize("ending", ["pdf", "png", "svg"])
    def test_the_files(self, scene, client, ending):
        make.login(client, make.person(unit=scene.unit), Role.UNIT_ADMIN)

        answer = client.get(self.url(scene, f".{ending}"))

        assert answer.status_code == 200
        assert answer.mimetype == poster.MEDIA_TYPES[ending]

    def test_another_ending_does_not_exist(self, scene, client):
        make.login(client, make.person(unit=scene.unit), Role.COORDINATOR)

        assert client.get(self.url(scene, ".gif")).status_code == 404

    @pytest.mark.parametrize("ending", ["", ".pdf"])
    def test_only_for_who_schedules_there(self, scene, client, app, ending):
        make.login(client, scene.wang)
        foreign = app.test_client()
        make.login(foreign, make.person(), Role.COORDINATOR)

        assert client.get(self.url(scene, ending)).status_code == 404
        assert foreign.get(self.url(scene, ending)).status_code == 404


class TestCommand:
    def test_it_writes_the_file_and_says_the_address(self, scene, runner, tmp_path):
        for ending in ("svg", "png", "pdf"):
            out = tmp_path / f"poster.{ending}"

            done = runner.invoke(
                args=["sites", "poster", scene.site.code, "--out", str(out), "--json"]
            )

            assert done.exit_code == 0
            url = json.loads(done.stdout.splitlines()[-1])["url"]
            assert url == f"http://127.0.0.1:8000/q/{scene.token()}"
            picture = {"svg": drawn, "png": png, "pdf": inside}[ending](out.read_bytes())
            assert read(picture) == [url]

    @pytest.mark.parametrize(
        ("arguments", "exit_code"),
        [
            (["poster", "NOWHERE", "--out", "{folder}/a.svg"], 1),
            (["poster", "{code}", "--out", "{folder}/a.gif"], 2),
            (["poster", "{code}", "--out", "{folder}/a"], 2),
            (["poster", "{code}", "--out", "{folder}/no/such/a.svg"], 2),
            (["poster", "{code}"], 2),
        ],
    )
    def test_what_it_refuses(self, scene, runner, tmp_path, arguments, exit_code):
        filled = [each.format(folder=tmp_path, code=scene.site.code) for each in arguments]

        done = runner.invoke(args=["sites", *filled])

        assert done.exit_code == exit_code
        assert done.stderr.strip()
        assert "Traceback" not in done.stderr
        assert list(tmp_path.iterdir()) == []
