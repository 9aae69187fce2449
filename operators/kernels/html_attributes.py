"""The attributes of a page's elements, by lxml's parser, without a tree: a page is as hostile as any other text. Needs lxml."""

from collections.abc import Iterable
from typing import Any


class _Attributes:
    """Takes what the parser meets, in bounded memory: values once each, and no text."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.found: dict[str, set[str]] = {}

    def start(self, _: str, attributes: Any) -> None:
        for name, value in attributes.items():
            if not self.names or name in self.names:
                self.found.setdefault(name, set()).add(value)

    def close(self) -> dict[str, set[str]]:
        return self.found


def attribute_values(page: str, names: Iterable[str] = ()) -> dict[str, set[str]]:
    """The values of each attribute in a page of HTML, of all or of those named; broken HTML is read as browsers do.

    libxml2's own limits hold (``huge_tree`` is off): what comes after one is passed is not read.

    >>> attribute_values('<div id="13"><p class="a b">1134</p><br id=x>', ["id"]) == {"id": {"13", "x"}}
    True
    """
    from lxml import etree

    taker = _Attributes(frozenset(names))
    parser = etree.HTMLParser(target=taker, encoding="utf-8", huge_tree=False, no_network=True, recover=True)
    try:
        parser.feed(page.encode("utf-8", "replace"))
        parser.close()
    except etree.LxmlError:  # an empty page, or one beyond a limit: what was met until then is there
        pass
    return taker.found
