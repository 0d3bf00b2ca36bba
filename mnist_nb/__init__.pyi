from . import (
    board as board,
    catalogue as catalogue,
    data as data,
    evidence as evidence,
    experiments as experiments,
    figures as figures,
    judging as judging,
    learning as learning,
    machine as machine,
    paths as paths,
    pictures as pictures,
    publishing as publishing,
    strokes as strokes,
    web as web,
)
from .board import DigitBoard as DigitBoard
from .data import DataError as DataError, load_data as load_data
from .learning import Recognizer as Recognizer, personalize as personalize
from .pictures import PictureError as PictureError, read_picture as read_picture
from .strokes import load_drawings as load_drawings, save_drawings as save_drawings

__version__: str
