"""The board as a web page: one file of HTML that reads what is drawn on it without Python or a network.

`write_page` puts a trained network, the way from strokes to images and a board into that file. Ink, grouping and
layers stand there a second time, in JavaScript; their constants come from here, and tests compare the two.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
