from . import (
    button as button,
    contrast as contrast,
    frames as frames,
    normal as normal,
    opening as opening,
    parts as parts,
    reader as reader,
    rules as rules,
    tracing as tracing,
)
from .button import PictureButton as PictureButton
from .opening import PictureError as PictureError
from .page import Page as Page, read_picture as read_picture
