from . import page as page, steps as steps
from .page import write_page as write_page
from .steps import PageError as PageError, steps_of as steps_of
