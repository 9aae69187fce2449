"""What a text states that can be looked up: numbers, and names by their capitals. By rules, without a model."""

import polars as pl
import pyarrow as pa

_NUMBER = r"\d(?:[\d,.]*\d)?"
_CAPITALISED = r"\p{Lu}[\p{L}\p{M}\p{N}'’.-]*\p{L}"
_NAME = rf"\b{_CAPITALISED}(?:[ ](?:(?:of|the|and|de|la|van|von|der|bin|al)[ ])?{_CAPITALISED})*"
_OPENS_SENTENCE = r"(^|[.!?:\n\"“”‘(]\s*)\p{Lu}[\p{Ll}'’]*\b"
_SPELLED = dict(
    zip(
        "two three four five six seven eight nine ten eleven twelve".split(),  # noqa: SIM905  (a list of words)
        map(str, range(2, 13)),
        strict=True,
    )
)
_SPELLED_RULE = rf"\b(?:{'|'.join(_SPELLED)})\b"


def facts(texts: pa.Array) -> pl.DataFrame:
    """The distinct numbers and names of each text, as lists of normalised strings; empty lists for null.

    Numbers lose their thousands' commas and trailing zeros of decimals; ``two`` to ``twelve`` are numbers. A name is a run of
    capitalised words, in lower case; the first word of a sentence is none, unless it goes on.

    >>> found = facts(pa.array(["In 1998, Marie Curie paid 1,200.50 to two men. She left Paris."]))
    >>> sorted(found["numbers"][0].to_list()), sorted(found["names"][0].to_list())
    (['1200.5', '1998', '2'], ['marie curie', 'paris'])
    """
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String).fill_null("")})
    text = pl.col("text")
    element = pl.element()
    digits = element.str.replace_all(",", "").str.replace(r"(\.\d*?)0+$", "$1").str.strip_chars_end(".")
    spelled = text.str.to_lowercase().str.extract_all(_SPELLED_RULE).list.eval(element.replace(_SPELLED))
    inside = text.str.replace_all(_OPENS_SENTENCE, "$1")
    names = inside.str.extract_all(_NAME).list.eval(element.str.to_lowercase())
    return frame.select(
        numbers=pl.concat_list(text.str.extract_all(_NUMBER).list.eval(digits), spelled).list.unique(),
        names=names.list.unique(),
    )
