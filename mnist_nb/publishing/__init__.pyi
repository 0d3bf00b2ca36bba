from . import (
    board_page as board_page,
    index as index,
    notebooks as notebooks,
    pages as pages,
    report as report,
    schedule as schedule,
    tables as tables,
)
from .notebooks import UsageError as UsageError
