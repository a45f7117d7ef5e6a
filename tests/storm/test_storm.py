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


@pytest.fixture
def storm(program, storms, tmp_path):
    def blow(project, *options):
        """(its result, what was said)."""
        done = subprocess.run(
            [sys.executable, HERE / "storm", "--json", "--home", storms,
             "--program", program, "--keep", tmp_path, "--seconds", "5",
             "--floor", "5", *options, project], stdin=subprocess.DEVNULL,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.stdout, done.stderr
        result = json.loads(done.stdout)
        return result, (tmp_path / os.path.basename(result["folder"])
                        / "storm.txt").read_text()
    return blow


def test_a_storm_under_sanitizers_finds_nothing(storm):
    result, words = storm(SHORT[0], "--sanitize")
    assert result["findings"] == [], words
    assert sum(result["swaps"].values()) > 0, words
    # test_leak counts the process's objects: a slow swap falls into its loop
    assert [name for name, _, _ in result["differences"]
            if "test_leak" not in name] == [], (result, words)


@pytest.mark.parametrize("project", SHORT)
def test_a_projects_own_tests_end_as_they_do_without_a_storm(storm, project):
    result, words = storm(project)
    assert result["verdict"] == "same", (result, words)
    assert result["others"] == {}, words
    # where a module has static types tcc gives way to cc (docs/KINDS.md)
    has_static_types = project.startswith("lru-dict")
    assert set(result["swaps"]) == (
        {"cc"} if has_static_types else {"tcc", "cc"}), result["swaps"]
