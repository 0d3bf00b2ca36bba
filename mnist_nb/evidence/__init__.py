"""Evidence: what runs gave, and where it came from.

Notebooks publish the results of a run here, under keys that the catalogue explains, with the code, versions and
machine that they came from. The published results, which README and tests speak of, are kept apart in `results/`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
