"""MNIST from exploration to a drawing board that reads your digits: what the notebooks share.

The package has nine wings, and each has an `__init__.pyi` that lists its public names: `strokes` (drawings and how
they become images), `learning` (networks and their training), `judging` (what readings are worth), `experiments`
(many runs, on one machine or many), `pictures` (photographs, scans and screenshots), `board` (the widget), `web` (the
same as a page without Python) and `publishing` (reports); `evidence` keeps what runs gave. Nothing heavy is imported
before it is used.
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
