"""Formulas of first-order logic as people and models write them, read into postfix code: without recursion, in linear time.

Connectives, the tightest first: ``¬`` and quantifiers, ``∧``, ``⊕``, ``∨``, ``→``, ``↔`` (``∧ ⊕ ∨`` bind as ``& ^ |`` do in C);
``→`` groups to the right. A quantifier reaches over the operand that follows it, as ``¬`` does; written with a dot or a colon
(``∀x. ``, ``exists y: ``) it reaches to the end of its brackets, except in TPTP's ``! [X] : ``, where it does not. Spellings:

====  ==============================================    ====  ================================================
 ¬    ``~ - !`` ``not`` ``\\neg`` ``\\lnot``                →    ``-> => ⇒ ⊃`` ``implies`` ``\\rightarrow`` ``\\to`` ...
 ∧    ``& &&`` ``and`` ``\\land`` ``\\wedge``                ↔    ``<-> <=> ⟷ ⇔ ≡`` ``iff`` ``\\leftrightarrow`` ...
 ∨    ``| ||`` ``or`` ``\\lor`` ``\\vee``                   ⊕    ``<~> ⊻`` ``xor`` ``\\oplus``
 ∀    ``forall`` ``all`` ``\\forall`` ``! [X] :``           ∃    ``exists`` ``\\exists`` ``? [X] :``
====  ==============================================    ====  ================================================

``^`` is refused: some write it for ``∧``, some for ``⊕``. A name is letters, digits and ``_``, with ``- . + '`` inside
(``l-2021``, ``mr.smith``, ``c++``), or stands in quotes. A name that no quantifier around it binds is a constant, unless it is
one letter from u to z (with a digit or not), or is bound elsewhere in the formula: that is a slip of brackets, and refused.
"""

import re
from typing import NamedTuple

MAX_CHARACTERS = 10_000
MAX_DEPTH = 100
"""How many brackets, negations, quantifiers and arrows may be open at once; a term may be a third as deep."""

_VARIABLE = r"[^\W\d_]\w*'*"
_QUANTIFIER = r"(?:∀|∃|\\forall\b|\\exists\b|\b(?:[Ff]orall|FORALL|[Ee]xists|EXISTS|all)\s(?=\s*\w))\s*"
_TOKENS = re.compile(
    rf"""\s*(?:
    (?P<tptp>[!?]\s*\[\s*{_VARIABLE}(?:\s*,\s*{_VARIABLE})*\s*\]\s*:)
    |(?P<wide>{_QUANTIFIER}{_VARIABLE}(?:[\s,]+{_VARIABLE})*\s*[.:])
    |(?P<narrow>{_QUANTIFIER}{_VARIABLE}(?:\s*,\s*{_VARIABLE})*|\(\s*[∀∃]\s*{_VARIABLE}\s*\))
    |(?P<iff><->|<=>|⟷|↔|⇔|⟺|≡|\biff\b|\\leftrightarrow\b|\\Leftrightarrow\b|\\iff\b)
    |(?P<xor><~>|⊕|⊻|\bxor\b|\\oplus\b)
    |(?P<implies>->|=>|→|⇒|⟶|⟹|⊃|\bimplies\b|\\rightarrow\b|\\Rightarrow\b|\\implies\b|\\to\b)
    |(?P<and>&&?|∧|⋀|\band\b|\\land\b|\\wedge\b)
    |(?P<or>\|\|?|∨|⋁|\bor\b|\\lor\b|\\vee\b)
    |(?P<unequal>!=|≠|\\neq\b)
    |(?P<not>[¬~!￢-]|\bnot\b|\\neg\b|\\lnot\b)
    |(?P<equal>==?)
    |(?P<truth>\$true\b|\$false\b|⊤|⊥)
    |(?P<name>\w+(?:[-.+'’]\w+)*(?:\++|'+)?|'[^'\n]{{1,200}}'|"[^"\n]{{1,200}}")
    |(?P<open>[(\[{{])
    |(?P<close>[)\]}}])
    |(?P<comma>,)
    )""",
    re.VERBOSE,
)
_SIGN = re.compile(r"∀|∃|\\?[a-zA-Z]+|[!?]")
_UNIVERSAL = re.compile(r"\(?\s*(?:∀|!|\\?(?i:forall)|all)")
_NAMES = re.compile(_VARIABLE)
_LETTER = re.compile(r"[u-z]\d?'*")
_BINDING = {"iff": 1, "implies": 2, "or": 3, "xor": 4, "and": 5, "not": 6}
_SHOWN = 40
_PAIRS = {")": "(", "]": "[", "}": "{"}


class Term(NamedTuple):
    """A constant or variable (``terms`` is None), or a function of terms."""

    name: str
    terms: "tuple[Term, ...] | None" = None
    bound: bool = False


class Step(NamedTuple):
    """One step of postfix code.

    ``kind``: ``predicate`` (``name``, ``terms``), ``equal`` (two ``terms``) or ``truth`` (``name`` is ``1`` or ``0``) puts one
    formula on the stack; ``not``, ``∀`` and ``∃`` (``name`` is the variable) change the last one; ``and``, ``xor``, ``or``,
    ``implies``, ``iff`` join the last ``operands``.
    """

    kind: str
    name: str = ""
    terms: tuple[Term, ...] = ()
    operands: int = 1


class FormulaError(ValueError):
    """A text that is no formula. ``kind`` is one of `FAULTS`, ``at`` the character it was noticed at, from 1."""

    def __init__(self, kind: str, at: int, what: str) -> None:
        super().__init__(f"{what} at character {at}" if at else what)
        self.kind, self.at = kind, at


FAULTS = ("empty", "too_long", "too_deep", "character", "unbalanced", "unexpected", "unbound_variable")


def parse(text: str, wide: bool = False) -> tuple[Step, ...]:
    """A formula as postfix code.

    Args:
        text: of at most `MAX_CHARACTERS`; a full stop at its end is dropped.
        wide: whether a quantifier reaches to the end of its brackets without a dot, too.

    Raises:
        FormulaError: for what is no formula.

    >>> [step.kind for step in parse("∀x (P(x) ∧ Q(x) → ¬R(x, a))")]
    ['predicate', 'predicate', 'and', 'predicate', 'not', 'implies', '∀']
    >>> parse("forall x P(x) -> Q(x)")
    Traceback (most recent call last):
    operators.kernels.formulas.FormulaError: 'x' is bound by no quantifier at character 20
    """
    return _Reader(text, wide).code()


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


class _Pending(NamedTuple):
    """An operator that waits for its right operand; of its ``operands`` so many have begun."""

    kind: str
    binding: int
    name: str = ""
    operands: int = 1
    at: int = 0


class _Reader:
    """Dijkstra's shunting yard over the tokens; terms are read apart."""

    def __init__(self, text: str, wide: bool) -> None:
        self.tokens = _tokens(text)
        self.place = 0
        self.wide = wide
        self.steps: list[Step] = []
        self.pending: list[_Pending] = []
        self.scope: dict[str, int] = {}
        self.quantified: set[str] = set()
        self.free: list[_Token] = []

    def code(self) -> tuple[Step, ...]:
        operand_next = True
        while (token := self._next()).kind != "end":
            operand_next = self._operand(token) if operand_next else self._operator(token)
            if len(self.pending) > MAX_DEPTH:
                raise FormulaError("too_deep", token.at, f"nested over {MAX_DEPTH} deep")
        if operand_next:
            raise FormulaError("unexpected", token.at, "the formula breaks off")
        self._reduce_to_bracket()
        if self.pending:
            raise FormulaError("unbalanced", self.pending[-1].at, f"'{self.pending[-1].name}' is never closed")
        for name in self.free:
            if name.text in self.quantified or _LETTER.fullmatch(name.text):
                raise FormulaError("unbound_variable", name.at, f"'{name.text[:_SHOWN]}' is bound by no quantifier")
        return tuple(self.steps)

    def _next(self) -> _Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def _operand(self, token: _Token) -> bool:
        """Take what may stand where an operand begins; whether one must still follow."""
        match token.kind:
            case "not":
                self.pending.append(_Pending("not", _BINDING["not"]))
            case "open":
                self.pending.append(_Pending("open", 0, token.text, at=token.at))
            case "tptp" | "wide" | "narrow":
                self._quantify(token)
            case "name":
                self._atom(token)
                return False
            case "truth":
                self.steps.append(Step("truth", "1" if token.text in ("$true", "⊤") else "0"))
                return False
            case _:
                extra = token.kind == "close" and all(entry.kind != "open" for entry in self.pending)
                raise _misplaced(token, "a formula", "unbalanced" if extra else "unexpected")
        return True

    def _operator(self, token: _Token) -> bool:
        """Take what may stand after an operand; whether another must follow."""
        if token.kind == "close":
            self._close(token)
            return False
        if token.kind not in ("iff", "implies", "or", "xor", "and"):
            raise _misplaced(token, "a connective")
        self._reduce(_BINDING[token.kind] + 1)
        top = self.pending[-1] if self.pending else None
        if top is not None and top.kind == token.kind != "implies":
            self.pending[-1] = top._replace(operands=top.operands + 1)
        else:
            self.pending.append(_Pending(token.kind, _BINDING[token.kind], operands=2))
        return True

    def _quantify(self, token: _Token) -> None:
        kind = "∀" if _UNIVERSAL.match(token.text) else "∃"
        wide = token.kind == "wide" or (self.wide and token.kind == "narrow")
        for name in _NAMES.findall(_SIGN.sub("", token.text, count=1)):
            self.pending.append(_Pending(kind, 0 if wide else _BINDING["not"], name))
            self.scope[name] = self.scope.get(name, 0) + 1
            self.quantified.add(name)

    def _close(self, token: _Token) -> None:
        self._reduce_to_bracket()
        if not self.pending:
            raise FormulaError("unbalanced", token.at, f"'{token.text}' closes nothing")
        opened = self.pending.pop()
        if opened.name != _PAIRS[token.text]:
            raise FormulaError("unbalanced", token.at, f"'{token.text}' closes a '{opened.name}'")

    def _reduce_to_bracket(self) -> None:
        while self.pending and self.pending[-1].kind != "open":
            self._apply()

    def _reduce(self, binding: int) -> None:
        """Apply the waiting operators that bind at least as tightly."""
        while self.pending and self.pending[-1].binding >= binding:
            self._apply()

    def _apply(self) -> None:
        entry = self.pending.pop()
        self.steps.append(Step(entry.kind, entry.name, operands=entry.operands))
        if entry.kind in ("∀", "∃"):
            self.scope[entry.name] -= 1

    def _atom(self, token: _Token) -> None:
        left = self._term(token)
        sign = self.tokens[self.place]
        if sign.kind in ("equal", "unequal"):
            self.place += 1
            self.steps.append(Step("equal", terms=(left, self._term(self._next()))))
            if sign.kind == "unequal":
                self.steps.append(Step("not"))
        elif left.bound:
            raise FormulaError("unexpected", token.at, f"the variable '{left.name[:_SHOWN]}' where a formula should stand")
        else:
            if left.terms is None:
                self.free.pop()  # a proposition, no constant
            self.steps.append(Step("predicate", left.name, left.terms or ()))

    def _term(self, token: _Token) -> Term:
        """The term that begins with a token."""
        opened: list[tuple[str, list[Term]]] = []
        while True:
            if token.kind != "name":
                raise _misplaced(token, "a term")
            if self.tokens[self.place].text == "(":
                opened.append((token.text, []))
                if len(opened) > MAX_DEPTH // 3:
                    raise FormulaError("too_deep", token.at, f"a term nested over {MAX_DEPTH // 3} deep")
                self.place += 1
            else:
                term = self._leaf(token)
                while opened:
                    opened[-1][1].append(term)
                    mark = self._next()
                    if mark.kind == "comma":
                        break
                    if mark.text != ")":
                        raise _misplaced(mark, "',' or ')'", "unbalanced" if mark.kind == "end" else "unexpected")
                    name, terms = opened.pop()
                    term = Term(name, tuple(terms))
                else:
                    return term
            token = self._next()

    def _leaf(self, token: _Token) -> Term:
        bound = self.scope.get(token.text, 0) > 0
        if not bound:
            self.free.append(token)
        return Term(token.text, bound=bound)


def _misplaced(token: _Token, wanted: str, kind: str = "unexpected") -> FormulaError:
    what = f"'{token.text[:_SHOWN]}'" if token.kind != "end" else "the end"
    return FormulaError(kind, token.at, f"{what} where {wanted} should stand")


def _tokens(text: str) -> list[_Token]:
    """The tokens of a formula, an ``end`` last."""
    if len(text) > MAX_CHARACTERS:
        raise FormulaError("too_long", 0, f"over {MAX_CHARACTERS} characters")
    stop = len(text.rstrip().rstrip(".").rstrip())
    if not stop:
        raise FormulaError("empty", 0, "nothing stands in it")
    tokens, at = [], 0
    while at < stop:
        match = _TOKENS.match(text, at, stop)
        if match is None or match.lastgroup is None:
            at += len(text[at:stop]) - len(text[at:stop].lstrip())
            raise FormulaError("character", at + 1, f"'{text[at]}' is no sign of logic")
        tokens.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        at = match.end()
    return [*tokens, _Token("end", "", stop + 1)]
