"""Invented names, phone numbers and places of the demo city: nobody and nowhere is meant."""

from collections.abc import Iterator
from itertools import accumulate
from random import Random

#: Invented phones stand in one block that no operator has given out: 1990 and seven digits.
PHONE_BLOCK = "1990"
PHONES_IN_BLOCK = 10_000_000

#: Family names from the frequent to the rare; the weight is per thousand.
_FAMILIES = {
    "王李张刘陈": 55,
    "杨黄赵吴周徐": 30,
    "孙马朱胡林郭何高罗": 14,
    "郑梁谢宋唐许邓冯韩曹": 10,
    "曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈": 6,
    "任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江": 4,
    "阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严洪翁童应楼祝": 2,
}
_COMPOUND = ("欧阳", "上官", "司徒", "诸葛")
_FIRST = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂文云建国志玉春晓海永红"
    "德世家思梦雨子欣佳俊浩宇嘉怡晨诗若一梓"
)
_SECOND = (
    "华英平兰明玲辉芳红军梅峰斌霞琴丹波龙燕鹏飞云良生荣林成东福海洋凯旭"
    "阳婷雪慧琳洁颖倩莹涵轩航博然悦彤妍豪"
)

ACTIVITY_TITLES = (
    "清洁家园",
    "文明出行宣传",
    "小区环境整治",
    "垃圾分类劝导",
    "河道巡护清理",
    "敬老助残服务",
    "公园秩序维护",
    "非机动车停放引导",
    "楼道杂物清理",
    "节约用水宣传",
    "反诈知识宣传",
    "移风易俗宣讲",
)
#: What is done at each: the record of service must say it (R2).
ACTIVITY_CONTENT = "按分工开展“{title}”：集合签到、领取工具、分段服务、整理场地后签退。"
PLACES = ("广场", "文化礼堂", "公园", "南门", "便民中心", "公交站", "农贸市场", "沿江步道")

CROSSINGS = tuple(
    f"{road}{other}路口"
    for road in ("新安路", "严州大道", "江滨路", "府前路", "白沙路", "环城北路")
    for other in ("东侧", "西侧", "中段", "与新电路", "与国信路", "与桥东路")
)
SCHOOL_GATES = tuple(
    f"{school}校门"
    for school in (
        "明珠小学",
        "新安江第一小学",
        "新安江第二小学",
        "新安江第三小学",
        "府前小学",
        "洋安小学",
        "新安江初级中学",
        "机关幼儿园",
    )
)
MARKETS = (
    "府东农贸市场",
    "江滨农贸市场",
    "洋溪农贸市场",
    "汽车站站前",
    "火车站站前",
    "桥南公交枢纽",
)
#: Areas by their kind; the real city has others.
GRID_NAMES = {
    "road": tuple(
        f"{road}{part}"
        for road in (
            "新安路",
            "严州大道",
            "江滨路",
            "府前路",
            "白沙路",
            "环城北路",
            "新电路",
            "桥东路",
        )
        for part in ("东段", "西段", "中段")
    ),
    "estate": tuple(
        f"{estate}{kind}"
        for estate in (
            "滨江",
            "明珠",
            "丽景",
            "望江",
            "紫金",
            "云山",
            "桂花",
            "梅坪",
            "春江",
            "翠园",
        )
        for kind in ("花苑", "小区", "家园", "新村")
    ),
    "market": tuple(
        f"{market}农贸市场"
        for market in ("府东", "江滨", "洋溪", "更楼", "桥南", "梅城", "寿昌", "大同")
    ),
    "lane": tuple(f"{lane}巷" for lane in ("打铁", "水门", "书院", "桂花", "石板", "后塘")),
}
CORNERS = "东北角、东南角、西北角、西南角"
KIT = "红马甲、小红帽、引导旗、口哨"

#: Why somebody was recorded by hand.
NOTES_ROLL = ("没有带手机", "手机没电", "不使用智能手机", "现场点名登记")
NOTES_PAPER = ("按纸质签到表补录", "不使用智能手机，按签到表登记", "现场网络不通，按签到表登记")
NOTES_CONFIRM = ("忘记签退，已向本人核实", "带队人确认全程在岗", "按现场照片核实")
BROWSERS = ("wechat",) * 7 + ("android", "android", "ios")


def names(random: Random) -> Iterator[str]:
    """Yield invented names of two to four characters without end; some come more than once."""
    weighted = [(name, weight) for group, weight in _FAMILIES.items() for name in group]
    weighted += [(name, 1) for name in _COMPOUND]
    families = [name for name, _ in weighted]
    sums = list(accumulate(weight for _, weight in weighted))
    while True:
        for family in random.choices(families, cum_weights=sums, k=1000):
            given = _FIRST[int(random.random() * len(_FIRST))]
            if random.random() < 0.8:
                given += _SECOND[int(random.random() * len(_SECOND))]
            yield family + given


def phones(random: Random, number: int, *, taken: frozenset[str]) -> list[str]:
    """Return `number` different phones of the block, none of them in `taken`."""
    some = random.sample(range(PHONES_IN_BLOCK), number + len(taken))
    texts = (f"{PHONE_BLOCK}{each:07d}" for each in some)
    return [phone for phone in texts if phone not in taken][:number]


def kind_of(post: str, wanted: int) -> tuple[str, str]:
    """Return what kind of place a post of the demo city is, and its size.

    >>> [kind_of(name, 4) for name in (CROSSINGS[0], SCHOOL_GATES[0])]
    [('crossing', 'major'), ('school', 'major')]
    >>> kind_of(MARKETS[0], 2), kind_of(MARKETS[-1], 2)
    (('market', 'minor'), ('stop', 'minor'))
    """
    size = "major" if wanted >= 4 else "minor"
    if post in MARKETS:
        return ("market" if post.endswith("市场") else "stop"), size
    return ("school" if post in SCHOOL_GATES else "crossing"), size
