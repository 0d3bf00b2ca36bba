"""Small notebooks, and the command line called on them."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mnist_nb import cli


@pytest.fixture(scope="session")
def write():
    """Write a small notebook into a folder and return its path; `parameters` is the source of its first code cell."""

    def written(folder, name, *sources, parameters=None):
        cells = [new_markdown_cell(f"# {name[1]}. Tiny: a small notebook\n\nIt does little.")]
        if parameters:
            cells.append(new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        cells += [new_code_cell(source) for source in sources]
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        path = folder / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
        return path

    return written


@pytest.fixture(scope="session")
def call():
    """Call the command line in this process and return its exit status."""

    def called(*arguments):
        with pytest.raises(SystemExit) as stopped:
            cli.main([*map(str, arguments)])
        return stopped.value.code

    return called
