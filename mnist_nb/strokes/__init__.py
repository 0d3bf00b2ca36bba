"""Drawings: the strokes of a pen, and what an image of them is.

How people write each digit, how one hand differs from another, which strokes on a board belong together, and how
strokes become the 28x28 image that MNIST's makers would have made of them. Labelled drawings are kept in files.
Nothing here needs TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
