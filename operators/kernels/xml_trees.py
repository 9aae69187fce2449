"""XML that nobody vouches for, as a small tree: no document type, no entities, no text, bounded depth and size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MOST_BYTES, MOST_DEPTH, MOST_ELEMENTS = 16 << 20, 64, 200_000


class XmlError(ValueError):
    """Text that is no well-formed XML within the bounds."""


@dataclass
class Element:
    """An element: its name without prefix, its attributes and its children."""

    name: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)

    def find(self, name: str) -> "Element | None":
        """The first child of a name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator["Element"]:
        """This element and those below it that have a name, in document order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            if element.name == name:
                yield element
            waiting.extend(reversed(element.children))

    def number(self, name: str) -> float | None:
        """An attribute as a finite number of moderate size; None where it is none."""
        try:
            value = float(self.attributes.get(name, ""))
        except ValueError:
            return None
        return value if abs(value) < 1e9 else None


def tree(text: str) -> Element:
    """The root element.

    Raises:
        XmlError: where the text is not well-formed, declares a document type, or is over a bound.

    >>> root = tree("<routes><route id='3'><waypoint x='1.5'/></route></routes>")
    >>> root.name, [route.attributes["id"] for route in root.all("route")], next(root.all("waypoint")).number("x")
    ('routes', ['3'], 1.5)
    >>> tree("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
    Traceback (most recent call last):
    ...
    operators.kernels.xml_trees.XmlError: a document type is declared
    """
    if len(text) > MOST_BYTES:
        raise XmlError(f"longer than {MOST_BYTES:,} bytes")
    top = Element("", {})
    path, count = [top], 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS or len(path) > MOST_DEPTH:
            raise XmlError("too many elements" if count > MOST_ELEMENTS else f"nested over {MOST_DEPTH} deep")
        element = Element(name.rpartition(":")[2], attributes)
        path[-1].children.append(element)
        path.append(element)

    def refuse(*_: object) -> None:
        raise XmlError("a document type is declared")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        raise XmlError(f"not well-formed: {expat.ErrorString(error.code)} at line {error.lineno:,}") from None
    return top.children[0]
