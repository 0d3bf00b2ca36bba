from . import contrast as contrast, normal as normal, opening as opening, parts as parts, rules as rules
from .opening import PictureError as PictureError
from .page import Page as Page, Reading as Reading, read_picture as read_picture
