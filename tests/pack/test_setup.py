"""tests/setup and tests/pythons on machines that are not like this one."""
import os
import pathlib
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
UNREACHABLE = dict(PIP_NO_INDEX="1", PIP_FIND_LINKS="")


def run(*words, **environment):
    return subprocess.run([str(word) for word in words],
                          env=dict(os.environ, **environment), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture
def dev(tmp_path):
    return tmp_path / "dev"


def setup(python, name, dev, **environment):
    return run(python, TESTS / "setup", name, COWBIRD_DEV_DIR=str(dev),
               **environment)


class TestSetup:
    def test_an_unreachable_index_is_a_skip_but_a_failure_in_ci(self, python,
                                                                dev):
        done = setup(python, "frameworks", dev, CI="", **UNREACHABLE)
        assert done.returncode == 77, done.stdout
        assert "requirements.txt: exit 1" in done.stdout
        assert "ERROR: " in (dev / "frameworks.reason").read_text()
        done = setup(python, "frameworks", dev, CI="1", **UNREACHABLE)
        assert done.returncode == 1, "it is tried again: " + done.stdout

    def test_no_newer_python_without_debian_s_packages_is_a_skip_that_says_so(
            self, python, dev, tmp_path):
        done = setup(python, "python314", dev, CI="", PATH=str(tmp_path))
        assert done.returncode == 77, done.stdout
        assert (dev / "python314.reason").read_text() == (
            "a newer CPython comes from Debian's packages, and there is no "
            "apt-get here\n")
        done = setup(python, "python314", dev, CI="1", PATH=str(tmp_path))
        assert done.returncode == 1, done.stdout

    def test_the_tools_are_never_skipped(self, python, dev):
        done = setup(python, "env", dev, CI="", **UNREACHABLE)
        assert done.returncode == 1, done.stdout

    def test_what_is_there_is_left_alone(self, python):
        dev = os.environ.get("COWBIRD_TEST_DEV")
        if not dev:
            pytest.skip("run through ctest")
        stamp = pathlib.Path(dev) / "env.stamp"
        before = stamp.stat().st_mtime_ns
        done = setup(python, "env", dev, **UNREACHABLE)
        assert (done.returncode, done.stdout) == (0, "")
        assert stamp.stat().st_mtime_ns == before

    def test_its_own_python_can_make_it_again(self, python, dev):
        made = run(python, "-m", "venv", "--without-pip", dev / "env")
        assert made.returncode == 0, made.stdout
        done = setup(dev / "env" / "bin" / "python", "env", dev, CI="1",
                     **UNREACHABLE)
        assert done.returncode == 1
        assert "Traceback" not in done.stdout
        assert "requirements.txt: exit 1" in done.stdout

    def test_an_unknown_environment_is_named(self, python, dev):
        done = setup(python, "djagno", dev)
        assert done.returncode == 1
        assert "no environment 'djagno'; there are: env" in done.stdout


class TestPythons:
    @pytest.fixture
    def machine(self, tmp_path):
        """A PATH and a home where nothing is what its name says."""
        tools = tmp_path / "bin"
        tools.mkdir()
        os.symlink(tmp_path / "gone", tools / "python3.9")
        shim = tools / "python3.10"
        shim.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
        shim.chmod(0o755)
        return dict(PATH=str(tools), HOME=str(tmp_path),
                    PYENV_ROOT=str(tmp_path / "versions"),
                    COWBIRD_DEV_DIR=str(tmp_path / "dev"),
                    COWBIRD_TEST_PYTHONS="")

    def test_what_cannot_answer_is_left_out(self, python, machine):
        done = run(python, TESTS / "pythons", **machine)
        assert done.stdout.splitlines() == [os.path.realpath(python)] or (
            done.stdout.splitlines() == [python])

    def test_one_abi_is_listed_once(self, python, machine):
        os.symlink(python, os.path.join(machine["PATH"], "python3.12"))
        done = run(python, TESTS / "pythons", **machine)
        assert len(done.stdout.splitlines()) == 1

    def make(self, tmp_path, minor):
        made = tmp_path / "dev" / ("python3%d" % minor) / "bin"
        made.mkdir(parents=True)
        (made / "python").write_text(
            "#!/bin/sh\necho abi-%d\necho $0\necho 3 %d\n" % (minor, minor))
        (made / "python").chmod(0o755)
        return str(made / "python")

    def test_a_newer_one_that_setup_has_made_comes_last(self, python, machine,
                                                        tmp_path):
        made = self.make(tmp_path, 99)
        done = run(python, TESTS / "pythons", **machine)
        assert done.stdout.splitlines()[1:] == [made]

    def test_those_between_the_oldest_and_the_newest_are_for_all(
            self, python, machine, tmp_path):
        made = [self.make(tmp_path, minor) for minor in (98, 99)]
        done = run(python, TESTS / "pythons", **machine)
        assert done.stdout.splitlines()[1:] == made[1:]
        done = run(python, TESTS / "pythons", "--all", **machine)
        assert done.stdout.splitlines()[1:] == made

    def test_a_list_by_hand_replaces_the_search(self, python, machine):
        machine["COWBIRD_TEST_PYTHONS"] = "/a/python" + os.pathsep + "/b"
        done = run(python, TESTS / "pythons", **machine)
        assert done.stdout.splitlines() == ["/a/python", "/b"]

    def test_a_virtual_environment_stands_for_its_base(self, machine):
        if sys.prefix == sys.base_prefix:
            pytest.skip("not in a virtual environment")
        done = run(sys.executable, TESTS / "pythons", **machine)
        assert sys.executable not in done.stdout.splitlines()
