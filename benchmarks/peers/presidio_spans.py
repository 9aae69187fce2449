"""Presidio over a column of texts: its spans with their scores, and how long the pass took on one thread.

spaCy's English is blank (no model is on PyPI), but for a component that makes each token's own lower case its lemma: without
lemmas Presidio's context words never raise a score. The list of public suffixes is the one that tldextract brings.
"""

import json
import logging
import sys
import time
from typing import Any

import pyarrow.parquet as pq
import spacy
import tldextract.tldextract
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from spacy.language import Language


@Language.component("lower_case_lemmas")
def lower_case_lemmas(document: Any) -> Any:
    for token in document:
        token.lemma_ = token.lower_
    return document


class Blank(SpacyNlpEngine):
    def load(self) -> None:
        english = spacy.blank("en")
        english.add_pipe("lower_case_lemmas")
        self.nlp = {"en": english}


def main() -> None:
    corpus, out = sys.argv[1:3]
    logging.disable(logging.WARNING)
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    texts = pq.read_table(corpus, columns=["text"])["text"].to_pylist()
    engine = Blank()
    engine.load()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    analyzer.analyze("Warm 10.0.0.1, a@b.com.", language="en")
    start = time.process_time()
    found = [analyzer.analyze(text, language="en") for text in texts]
    seconds = time.process_time() - start
    spans = [[(s.entity_type, s.start, s.end, s.score) for s in of] for of in found]
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"seconds": seconds, "types": sorted(analyzer.get_supported_entities("en")), "spans": spans}, file)


if __name__ == "__main__":
    main()
