"""Words by which people are grouped: where they stand in a text, classifiers of toxicity fire without cause."""

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

_PEOPLE = (
    r"(?:people|persons?|folks?|m[ae]n|wom[ae]n|guys?|girls?|boys?|lad(?:y|ies)|kids?|child(?:ren)?|students?|famil(?:y|ies)"
    r"|community|communities|americans?|neighbou?rs?|workers?|teens?|teenagers?|youth|adults?)"
)

GROUPS = {
    "gender": r"wom[ae]n|m[ae]n|girls?|boys?|females?|males?|trans(?:gender)?|nonbinary|non-binary|feminists?",
    "orientation": r"gays?|lesbians?|bisexuals?|homosexuals?|heterosexuals?|queer|lgbtq?|straight " + _PEOPLE,
    "religion": (
        r"muslims?|islam|islamic|jews?|jewish|judaism|christians?|christianity|catholics?|protestants?|buddhists?|hindus?|sikhs?"
        r"|taoists?|atheists?|mormons?"
    ),
    "origin": (
        r"african|africans|african-americans?|asians?|hispanics?|latin[oax]s?|mexicans?|chinese|japanese|koreans?|arabs?|arabic"
        r"|indians?|europeans?|canadians?|middle eastern|immigrants?|migrants?|refugees?|romani|native americans?|indigenous"
        r"|(?:blacks?|whites?|brown) " + _PEOPLE
    ),
    "disability": r"disabled|disabilit(?:y|ies)|autis(?:m|tic)|deaf|blind " + _PEOPLE + r"|blindness|paraly[sz]ed|wheelchair",
    "age": r"elderly|(?:old|older|young|younger|middle[ -]aged) " + _PEOPLE + r"|teenagers?|millennials?|seniors",
}
"""By group a regular expression of its terms: those of Dixon et al. 2018, with their plurals and some more. Colours, "old" and
"straight" count only before a word for people ("white wine" names nobody). Slurs are no terms: they are what is looked for."""


def mentioned(texts: pa.Array) -> dict[str, NDArray[np.bool_]]:
    """By group, (n,) whether a text has one of its terms; ``any``: of any group's. A null has none.

    >>> found = mentioned(pa.array(["Black women vote.", "A straight line, in black ink.", None]))
    >>> found["gender"].tolist(), found["origin"].tolist(), found["any"].tolist()
    ([True, False, False], [True, False, False], [True, False, False])
    """
    series = pl.Series(texts, dtype=pl.String).str.to_lowercase()
    found = {group: _has(series, pattern) for group, pattern in GROUPS.items()}
    return {**found, "any": np.logical_or.reduce(list(found.values()))}


def _has(texts: pl.Series, pattern: str) -> NDArray[np.bool_]:
    return texts.str.contains(rf"\b(?:{pattern})\b").fill_null(False).to_numpy().astype(np.bool_)
