"""Where the numbers of a corpus stand in the survey's grid."""

from collections.abc import Mapping

from engine.schema import Dimension, Modality

VALIDITY: Mapping[Modality, Dimension] = {
    modality: Dimension.EXECUTABILITY if modality is Modality.AGENT else Dimension.VALIDITY for modality in Modality
}
"""Whether records are what they should be; agent data has no validity, the nearest is whether it can be executed."""

LEAKS: Mapping[Modality, Dimension] = {
    Modality.TEXT: Dimension.SAFETY,
    Modality.SYMBOLIC: Dimension.FIDELITY,
    Modality.TABULAR: Dimension.PRIVACY,
    Modality.SEMISTRUCTURED: Dimension.PRIVACY,
    Modality.VISION_LANGUAGE: Dimension.SAFETY,
    Modality.AGENT: Dimension.SAFETY,
}
"""What the reference leaks into the subject."""
