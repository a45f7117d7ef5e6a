"""The short storm: two projects' own tests while their C is swapped under
them. tests/storm/storm is the driver; README.md says how it judges."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SHORT = (HERE / "short.txt").read_text().split()


@pytest.mark.parametrize("project", SHORT)
def test_a_projects_own_tests_end_as_they_do_without_a_storm(
        program, storms, project, tmp_path):
    done = subprocess.run(
        [sys.executable, HERE / "storm", "--json", "--home", storms,
         "--program", program, "--keep", tmp_path, "--seconds", "5",
         "--floor", "5", project], stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    words = (tmp_path / os.path.basename(result["folder"]) / "storm.txt"
             ).read_text()
    assert result["verdict"] == "same", (result, words)
    assert result["others"] == {}, words
    # where a module has static types tcc gives way to cc (docs/KINDS.md)
    has_static_types = project.startswith("lru-dict")
    assert set(result["swaps"]) == (
        {"cc"} if has_static_types else {"tcc", "cc"}), result["swaps"]
