from . import (
    controls as controls,
    history as history,
    page as page,
    paint as paint,
    readings as readings,
    widget as widget,
)
from .readings import Reading as Reading
from .widget import DigitBoard as DigitBoard
