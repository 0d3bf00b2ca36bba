"""Publishing: notebooks executed headlessly, their pages, the index over them, and tables of results.

`mnist-nb report` is this wing on the command line: it decides what has to run, what may run side by side, and writes
the report.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
