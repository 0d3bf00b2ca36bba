"""Pictures: photographs, scans and screenshots of handwritten digits, and how they become 28x28 images."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
