from . import origin as origin, results as results
from .origin import provenance as provenance
from .results import ResultsError as ResultsError, load_results as load_results, publish as publish
