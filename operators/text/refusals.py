"""Answers that decline."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask

_HEAD = 400
"""Characters at the beginning in which an answer declines, if it does."""
_OPENING = r"^\W*(?:(?:hello|hi|thanks?(?: you)?(?: for [^.!,]{0,80})?|well|oh|hmm|i see|i understand[^.!]{0,120})[.!,]+\s*)?"
_SORRY = (
    r"(?:(?:i'?m|i am) (?:very |so |really |truly )?(?:sorry|afraid)|(?:my )?(?:sincere )?apologies|sorry|i apologi[sz]e"
    r"|unfortunately|regrettably|as an? (?:\w+ ){0,3}?(?:ai|artificial intelligence|language model|assistant)[^.!]{0,80}?)"
)
_UNABLE = (
    r"(?:i|we) (?:really |simply |just |must |have to |do not |don't )*(?:can(?:no|')t|can not|won't|will not|wouldn't"
    r"|am (?:not able|unable|not going|not allowed|not permitted|not comfortable|programmed not)|'?m (?:not able|unable"
    r"|not going|not allowed|not comfortable)|(?:must|have to) (?:decline|refuse)|decline|refuse|don't feel comfortable"
    r"|do not feel comfortable|couldn't|could not)\b"
)
_NOT_HELP = r"(?:can'?t|cannot|can not|unable to|not able to|won't|will not|not going to)"
_ACTS = (
    r"(?:help|assist|provid|support|fulfil|comply|answer|do that|do this|engag|creat|generat|writ|produc|participat|promot"
    r"|offer|give|shar|discuss|encourag|condone|endors|facilitat|recommend|advis|continue|respond|tell|suggest|teach|guid)"
)
REFUSALS = (
    rf"{_OPENING}{_SORRY}[,.;:! ]+(?:but )?(?:as an? [^.!]{{0,60}}?,? ?)?{_UNABLE}",
    rf"{_OPENING}{_UNABLE} (?:be able to |in good conscience |ethically |legally |and will not )*{_ACTS}",
    rf"{_OPENING}{_SORRY}\W+(?:but )?[^.!\n]{{0,120}}{_NOT_HELP} (?:\w+ )?{_ACTS}",
    rf"{_OPENING}(?:as an? (?:\w+ ){{0,3}}?(?:ai|assistant|language model)\b|my purpose)[^.!\n]{{0,160}}{_NOT_HELP}",
    rf"{_OPENING}(?:it(?:'s| is| would be) (?:not |never |un|il|in)(?:appropriate|ethical|acceptable|legal|ok|okay"
    rf"|right)[^.!\n]{{0,120}}[.!]?\s*)[^\n]{{0,200}}\b(?:i {_NOT_HELP}|please (?:do not|don't|seek|reach out|contact"
    rf"|consult))",
)
"""What a refusal begins with."""
BOILERPLATE = {
    "as an ai": r"\bas an? (?:\w+ ){0,3}?(?:ai|artificial intelligence|language model|virtual assistant|chatbot)\b",
    "knowledge cutoff": r"\bknowledge cut-?off\b|\b(?:as of|up to|until) my (?:last|latest|most recent)? ?(?:knowledge "
    r"|training )?(?:update|cut-?off|training)\b|\bmy training data\b",
    "no opinions": r"\bi (?:do not|don't) (?:have|possess) (?:any )?(?:personal )?(?:\w+ ){0,2}?(?:opinions|feelings|emotions"
    r"|beliefs|experiences|preferences|consciousness)\b",
    "closing phrase": r"\b(?:i hope (?:this|that|it) helps|feel free to (?:ask|reach out)|let me know if you (?:have|need)"
    r"|is there anything else (?:i can|you))\b",
}
"""Phrases of assistants, anywhere in an answer."""


@dataclass(frozen=True)
class Refusals(Metric[Product]):
    """The share of answers that decline to answer.

    ``texts that begin with a refusal / texts``. A refusal is what a model says first: that it is sorry, cannot, will not or,
    as an AI, does not help with that (the rules are `REFUSALS`, English, within the first 400 characters); "I can't" in the
    middle of a story is none. In a conversation the first answer is looked at. Parts are the shares of texts with a phrase of
    assistants anywhere: "as an AI", a knowledge cutoff, having no opinions, a closing phrase; ``boilerplate`` is any of the
    first three. Whether declining was right is not judged, so neither more nor fewer is better: many refusals of harmless
    requests teach a model to refuse, none of harmful ones the opposite. A half refusal that begins with an answer is not seen.
    Skipped: null and blank.

    0 to 1, Wilson interval. Cost: regular expressions in linear time.

    >>> texts = ["I'm sorry, but I can't help with that.", "Sure! As an AI, I like it.", "He said: I can't help you."]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "_fault": pa.nulls(3, pa.string()), "text": texts})
    >>> value = Refusals().value(Refusals().fold(batch))
    >>> round(value.value, 3), round(value.parts["as an ai"].value, 3), value.evidence[0].note
    (0.333, 0.333, "i'm sorry, but i can't")

    Source: Röttger et al. 2024 (arXiv 2308.01263), section 4 (string matching beside human labels).
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("text",)
    unit: ClassVar[str] = "share of texts"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.NONE
    source: ClassVar[str] = "arXiv 2308.01263, section 4"

    def zero(self) -> Product:
        """No texts."""
        return Product({"refused": Ratio(), "phrases": Tally(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look at how the texts begin, and for phrases."""
        texts = _plain(pl.Series(batch["text"], dtype=pl.String))
        there = valid_mask(batch["text"])
        seen = texts.str.contains(r"\S").fill_null(False).to_numpy().astype(np.bool_)
        openings = refusals(texts)
        refused = np.flatnonzero(openings.is_not_null().to_numpy())
        skipped = {"no text": np.count_nonzero(~there), "blank": np.count_nonzero(there & ~seen)}
        found = {name: _has(texts, pattern) for name, pattern in BOILERPLATE.items()}
        any_of = np.logical_or.reduce([of for name, of in found.items() if name != "closing phrase"])
        phrases = {"boilerplate": any_of, **found}
        return Product(
            {
                "refused": Ratio(len(refused), int(np.count_nonzero(seen))),
                "phrases": Tally({name: int(np.count_nonzero(of)) for name, of in phrases.items() if of.any()}),
                "skipped": Tally({why: int(count) for why, count in skipped.items() if count}),
                "worst": TopBy.of(
                    np.ones(len(refused)), batch[ID].to_numpy()[refused], lambda at: openings[int(refused[at])][:80]
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of refusals."""
        skipped = state["skipped"].nonzero()
        refused: Ratio = state["refused"]
        value = refused.share("no record has a text")
        if value.value is None:
            return value.with_(skipped=skipped)
        names = ("boilerplate", *BOILERPLATE)
        parts = {name: Ratio(state["phrases"][name], refused.n).share() for name in names}
        plot = Bars(("refusals", *names), (value.value, *(parts[name].value or 0.0 for name in names)), "share of texts")
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def refusals(texts: pl.Series) -> pl.Series:
    """What each text begins with where that is a refusal; null where it is none.

    >>> refusals(pl.Series(["I cannot assist with that request.", "I can assist."])).to_list()
    ['i cannot assist', None]
    """
    heads = _plain(texts).str.slice(0, _HEAD)
    found = [heads.str.extract(f"({pattern})").alias(str(at)) for at, pattern in enumerate(REFUSALS)]
    return pl.DataFrame(found).select(pl.coalesce(pl.all())).to_series()


def _plain(texts: pl.Series) -> pl.Series:
    return texts.str.to_lowercase().str.replace_all("[\u2018\u2019\u02bc]", "'")


def _has(texts: pl.Series, pattern: str) -> NDArray[np.bool_]:
    return texts.str.contains(pattern).fill_null(False).to_numpy().astype(np.bool_)
