"""Evidence: what runs gave, and where it came from.

Notebooks publish their results here, under keys that the catalogue explains, with the code, versions and machine
that they came from.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
