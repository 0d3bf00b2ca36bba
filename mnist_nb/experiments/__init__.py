"""Experiments: many training runs, one after the other or side by side.

The benchmark compares well-known recipes with ours, each run in a process of its own and alone on the machine. The
search for a better recipe and the comparison of networks hand their runs to worker processes, here or elsewhere.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
