from . import code as code, origin as origin, published as published, results as results, runs as runs
from .origin import provenance as provenance
from .published import compare as compare, load_published as load_published, verdict as verdict
from .results import ResultsError as ResultsError, load_results as load_results, publish as publish
from .runs import (
    Record as Record,
    Twin as Twin,
    described as described,
    unpacked as unpacked,
    unpacked_probabilities as unpacked_probabilities,
)
