"""The drawing board: a widget that names digits while they are drawn.

`DigitBoard` joins the canvas, the controls around it, the history of what was drawn, and the readings. It reads with
any object that can; it knows nothing of how a network is trained, and needs no TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
