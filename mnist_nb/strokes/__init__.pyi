from . import file as file, grouping as grouping, hands as hands, ink as ink, reading as reading, templates as templates
from .file import (
    Drawings as Drawings,
    StrokeFileError as StrokeFileError,
    load_drawings as load_drawings,
    save_drawings as save_drawings,
)
from .grouping import group_strokes as group_strokes
from .hands import (
    drawing_of as drawing_of,
    form_names as form_names,
    letters as letters,
    pen_digits as pen_digits,
    scribbles as scribbles,
    side_by_side as side_by_side,
    vary as vary,
    writer as writer,
)
from .ink import (
    InkError as InkError,
    centre_of_mass as centre_of_mass,
    document_image as document_image,
    images_of as images_of,
    longest_side as longest_side,
    shortest_side as shortest_side,
    slant as slant,
    strokes_to_image as strokes_to_image,
)
from .reading import Reading as Reading
from .templates import DIGITS as DIGITS
