"""Learning: networks, the one description of a training run, and the run itself.

A recipe says everything that decides a run but the data and the machine. Training makes a model, a model file keeps
it with notes on how it was made, and a recognizer reads with it; a recognizer can go on to learn one person's hand.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
