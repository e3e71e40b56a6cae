"""What people wear and carry at a post, and lists as people write them."""

import re
from collections.abc import Sequence

#: What people wear and carry at a post (R48), as it stands in the content of each shift.
KIT = ("红马甲", "红帽子", "小红旗", "口哨", "袖标", "手套", "垃圾夹", "党徽")


def names_in(text: str) -> list[str]:
    """Return the names that stand in a list, as people separate them.

    >>> names_in("教育局、 公安局\\n城管局; ")
    ['教育局', '公安局', '城管局']
    """
    return [name for each in re.split(r"[、，,；;\n]", text) if (name := each.strip())]


def kit_of(text: str | None) -> tuple[list[str], str]:
    """Return what of a kit stands on the list, and what is said in own words.

    >>> kit_of("红马甲、雨衣、口哨"), kit_of(None)
    ((['红马甲', '口哨'], '雨衣'), ([], ''))
    """
    items = [each for each in re.split(r"[、，,；;\s]+", text or "") if each]
    listed = [each for each in KIT if each in items]
    return listed, "、".join(each for each in items if each not in KIT)


def kit_text(listed: Sequence[str], own: str) -> str | None:
    """Return a kit as it is written down, in the order of the list; None for nothing.

    >>> kit_text(["口哨", "红马甲"], "雨衣，红马甲"), kit_text([], " ")
    ('红马甲、口哨、雨衣', None)
    """
    more, others = kit_of(own)
    named = [each for each in KIT if each in listed or each in more]
    return "、".join([*named, *filter(None, [others])]) or None
