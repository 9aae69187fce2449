"""Prose by template: long enough, varied enough and punctuated well enough to pass for plain web text."""

import random

SUBJECTS = (
    "the committee that met on {day}", "a young engineer from {place}", "the old library near {place}", "our neighbour in {place}",
    "every reader of the {noun}", "the report about the {noun}", "a group of teachers", "the harbour at {place}",
    "the first version of the {noun}", "the person who keeps the {noun}", "a farmer with a {adjective} {noun}",
    "the {adjective} road to {place}", "one of the {noun}s", "the small museum", "the new {noun}",
)  # fmt: skip
VERBS = (
    "explains how to repair", "has been compared with", "will be replaced by", "depends on", "was written to describe",
    "often reminds people of", "can be found beside", "is kept in the same room as", "was paid for with", "has to be tested with",
    "is older than", "was drawn for", "gives more light than", "had to wait for", "is usually sold together with",
)  # fmt: skip
OBJECTS = (
    "a {adjective} {noun}", "the {noun} that arrived on {day}", "what is left of the {noun}", "the {adjective} {noun} in {place}",
    "a set of {number} {noun}s", "the people of {place}", "the {noun} and the {other}", "a map of {place}",
)  # fmt: skip
ENDS = (
    "because the {other} was closed", "although it rained for {number} days", "and that surprised nobody in {place}",
    "while the {other} stayed where it was", "so that {number} visitors could see it", "but only with the help of a {adjective} {other}",
    "as the newspapers of {place} wrote", "which took about {number} hours", "before the {adjective} winter began", "when {day} came",
)  # fmt: skip
NOUNS = (
    "bridge", "letter", "garden", "engine", "window", "ledger", "river", "lantern", "recipe", "machine", "market", "theory", "piano",
    "notebook", "station", "orchard", "compass", "painting", "harvest", "signal", "kettle", "archive", "workshop", "telescope",
)  # fmt: skip
ADJECTIVES = (
    "quiet", "green", "heavy", "broken", "careful", "narrow", "bright", "forgotten", "wooden", "early", "patient", "hollow",
    "distant", "gentle", "ordinary", "sudden", "useful", "warm", "faded", "curious",
)  # fmt: skip
PLACES = (
    "Lindau",
    "Porto",
    "Aarhus",
    "Tartu",
    "Ghent",
    "Bergen",
    "Nantes",
    "Graz",
    "Leeds",
    "Utrecht",
    "Cork",
    "Turku",
    "Siena",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "a holiday", "the longest day of the year")
FRENCH = (
    "Le pont de {place} a été construit il y a {number} ans par des ouvriers venus de toute la région.",
    "Nous avons trouvé une lettre dans le jardin, mais personne ne sait qui l'a écrite.",
    "La bibliothèque était fermée pendant {number} jours à cause de la pluie et du vent.",
    "Chaque matin, le boulanger de {place} ouvre sa boutique avant le lever du soleil.",
    "Il faut beaucoup de patience pour réparer une horloge aussi ancienne que celle-ci.",
    "Les visiteurs sont venus de {place} pour voir le marché et goûter les pommes de l'automne.",
    "On raconte que la rivière a changé de cours après le grand hiver.",
)


def sentence(rng: random.Random) -> str:
    """One sentence of ten to thirty words.

    >>> sentence(random.Random(1)).endswith(".")
    True
    """
    template = f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)} {rng.choice(ENDS)}."
    return _filled(rng, template[0].upper() + template[1:])


def paragraph(rng: random.Random, sentences: int) -> str:
    """Some sentences on one line."""
    return " ".join(sentence(rng) for _ in range(sentences))


def text(rng: random.Random) -> str:
    """Two or three paragraphs of three to five sentences: a hundred to three hundred words."""
    return "\n\n".join(paragraph(rng, rng.randint(3, 5)) for _ in range(rng.randint(2, 3)))


def french(rng: random.Random) -> str:
    """A paragraph in French."""
    return " ".join(_filled(rng, template) for template in rng.sample(FRENCH, 6))


def instruction(rng: random.Random, at: int) -> str:
    """What a user might ask; no two are the same."""
    asks = (
        "Write about {a} and {b}",
        "Explain what {a} has to do with {b}",
        "Tell a story of {a} and {b}",
        "Compare {a} with {b}",
    )
    a, b = (f"a {rng.choice(ADJECTIVES)} {noun}" for noun in rng.sample(NOUNS, 2))
    return f"{rng.choice(asks).format(a=a, b=b)} (task {at + 1})."


def _filled(rng: random.Random, template: str) -> str:
    while "{" in template:
        head, rest = template.split("{", 1)
        slot, tail = rest.split("}", 1)
        template = head + _word(rng, slot) + tail
    return template


def _word(rng: random.Random, slot: str) -> str:
    if slot == "number":
        return str(rng.randint(2, 90))
    return rng.choice({"noun": NOUNS, "other": NOUNS, "adjective": ADJECTIVES, "place": PLACES, "day": DAYS}[slot])
