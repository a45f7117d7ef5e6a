"""The fixture of the screen tests; what it gives is in screen.py."""
import os
import pathlib

import pytest

from screen import Project


@pytest.fixture
def project(tmp_path, program):
    return Project(pathlib.Path(os.path.realpath(tmp_path)), program)
