"""Judging: what a set of readings is worth.

Accuracy with its interval, tests of two networks on the same images, calibration, what errors have in common,
images corrupted as cameras and scanners do it, what a network looks at, and how long reading and training take.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
