"""project: a real project from PyPI, made ready: its sdist unpacked, an
environment with what its tests ask for, itself built in place by its own
setup.py or backend."""
import configparser
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys

try:
    import tomllib
except ImportError:
    tomllib = None

MARK = "prepared"
# What tests import without asking for it, and its distribution. No other
# name that is missing is looked up: who knows what it would be.
KNOWN = {name: name for name in (
    "attrs", "hypothesis", "numpy", "psutil", "pytz", "tzdata", "requests",
    "trustme", "mock", "simplejson", "packaging", "parameterized", "objgraph",
    "cffi", "covdefaults", "dill", "cloudpickle", "pandas", "toolz", "six",
    "sortedcontainers")}
KNOWN.update(yaml="pyyaml", dateutil="python-dateutil", attr="attrs",
             benchmark="pytest-benchmark", codspeed="pytest-codspeed",
             mocker="pytest-mock", subtests="pytest-subtests",
             pytest_asyncio="pytest-asyncio", zope="zope.testing")
GROUPS = ("test", "tests", "testing", "dev")
NOT_TESTS = ("build", "dist", "node_modules", "benchmarks")
FILES = ("requirements-test*.txt", "requirements-dev*.txt",
         "requirements_dev*.txt", "requirements/test*.txt", "dev.txt",
         "test-requirements.txt", "test_requirements.txt",
         "tests/requirements*.txt", "requirements/pytest.txt")
HEAVY = re.compile(r"^(mypy|pyright|ruff|flake8|black|isort|pre-?commit|"
                   r"sphinx|furo|tox|nox|twine|build|codecov|pylint|"
                   r"cibuildwheel|towncrier|pytest-(xdist|cov"
                   r"|github.*))\b", re.IGNORECASE)


class Unready(Exception):
    def __init__(self, words, output=""):
        super().__init__(words)
        self.output = output


def run(words, cwd=None, timeout=900, **environment):
    words = [str(word) for word in words]
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("COWBIRD_", "PYTHON"))}
    env.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_USER="0",
               # of an environment: the tools that a build wants to start
               PATH=os.pathsep.join([os.path.dirname(words[0]),
                                     os.environ.get("PATH", os.defpath)]))
    env.update(environment)
    try:
        done = subprocess.run(
            words, cwd=cwd, text=True, timeout=timeout, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, errors="replace")
    except subprocess.TimeoutExpired:
        raise Unready("%s: not done in %d s" % (" ".join(words[:6]), timeout))
    if done.returncode != 0:
        raise Unready("%s: exit %d\n%s" % (
            " ".join(words[:6]), done.returncode,
            "\n".join(done.stdout.rstrip().splitlines()[-15:])), done.stdout)
    return done.stdout


class Project:
    """`home` keeps everything between runs; `copy` makes a tree to storm."""

    def __init__(self, requirement, home, python):
        self.name = re.match(r"[\w.-]*", requirement).group()
        self.version = requirement.partition("==")[2].strip()
        self.requirement = requirement
        self.python = python
        tag = run([python, "-c", "import sys; print('%d.%d' % "
                   "sys.version_info[:2])"]).strip()
        self.python_version = tag
        which = re.sub(r"[^\w.]+", "-", requirement[len(self.name):])
        self.home = pathlib.Path(home).resolve() / (
            "%s-%s-%s" % (self.name, which.strip("-") or "newest", tag))
        self.source = self.home / "source"
        self.env = self.home / "env"
        self.env_python = self.env / "bin" / "python"
        self.added = set()  # what _find_missing has installed

    def prepare(self):
        if (self.home / MARK).exists():
            self.version = (self.home / MARK).read_text()
            return
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        self._fetch()
        run([self.python, "-m", "venv", self.env])
        self._install()
        (self.home / MARK).write_text(self.version)

    def _pip(self, *words, **environment):
        return run([self.env_python, "-m", "pip", "install", "-q", *words],
                   cwd=self.source, **environment)

    def _fetch(self):
        run([self.python, "-m", "pip", "download", "-q", "--no-deps",
             "--no-binary", self.name, "-d", self.home, self.requirement])
        archive, = [path for path in self.home.iterdir() if path.is_file()]
        unpacked = self.home / "unpacked"
        shutil.unpack_archive(archive, unpacked)
        top, = (path for path in unpacked.iterdir() if path.is_dir())
        top.rename(self.source)
        shutil.rmtree(unpacked)
        self.version = re.sub(r"^.*-|\.(tar\.gz|zip)$", "", archive.name)

    def _pyproject(self):
        path = self.source / "pyproject.toml"
        if not path.exists():
            return {}
        if tomllib is None:
            raise Unready("the driver needs Python 3.11 to read %s" % path)
        return tomllib.loads(path.read_text(encoding="utf-8"))

    def _wanted(self):
        """What its own files say that tests need, in the order to try."""
        data = self._pyproject()
        groups = data.get("dependency-groups", {})
        extras = data.get("project", {}).get("optional-dependencies", {})

        def expand(items):
            for item in items:
                if isinstance(item, str):
                    yield item
                else:
                    yield from expand(groups.get(
                        item.get("include-group"), ()))
        for table in groups, extras:
            for name in GROUPS:
                yield from expand(table.get(name, ()))
        for pattern in FILES:
            for path in sorted(glob.glob(str(self.source / pattern))):
                yield from self._lines_of(pathlib.Path(path))
        config = configparser.RawConfigParser(strict=False)
        config.read([self.source / "setup.cfg"], encoding="utf-8")
        for name in GROUPS:
            yield from config.get("options.extras_require", name,
                                  fallback="").split("\n")
        yield from self._of_metadata()

    def _lines_of(self, path, depth=3):
        for line in path.read_text(encoding="utf-8").splitlines():
            line = line.partition("#")[0].strip()
            more = re.match(r"(?:-r|--requirement)[ =]*(\S+)", line)
            if more and depth and (path.parent / more[1]).is_file():
                yield from self._lines_of(path.parent / more[1], depth - 1)
            elif line and line[0] not in "-.":
                yield line

    def _of_metadata(self):
        """The extras that setup.py alone knows: the sdist's own summary."""
        path = self.source / "PKG-INFO"
        if path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            for line, name in re.findall(
                    r"^Requires-Dist: ([^;\n]*);[^\n]*extra *== *['\"]"
                    r"([\w-]+)['\"]", text, re.MULTILINE):
                if name in GROUPS:
                    yield line.strip()

    def _install(self):
        data = self._pyproject()
        needs = data.get("build-system", {}).get("requires", [])
        backend = data.get("build-system", {}).get("backend-path")
        if backend:  # a backend of its own may ask for more
            needs = [*needs, "Cython", "expandvars"]
        # The newest that its own words allow, as an isolated build has it.
        self._pip("-U", "pip", "pytest", "setuptools", "wheel", *needs)
        wanted = {line.split(";")[0].strip(): line for line in self._wanted()}
        for line in wanted.values():
            if line.strip() and not HEAVY.match(line):
                try:
                    # versions pinned for another year may not build
                    self._pip("--only-binary=:all:", line)
                except Unready:
                    name = re.match(r"[\w.-]+", line).group()
                    try:
                        self._pip("--only-binary=:all:", name)
                    except Unready:
                        continue
        # The tests' pins must not have taken the build's tools away.
        self._pip("-U", "setuptools", "wheel", *needs)
        try:
            self._pip("--no-build-isolation", "-e", ".")
        except Unready:  # its backend asks for more when it is there
            self._pip("-e", ".")
        self._find_missing()

    def tests(self):
        """Words for pytest."""
        words = ["-o", "addopts=", "--continue-on-collection-errors",
                 "-p", "no:cacheprovider",
                 "-p", "no:randomly", "-p", "no:xdist", "-q", "--no-header"]
        for name in ("tests", "test", "*/tests", "*/test", "src/*/tests",
                     "*/*/tests", "src/*/*/tests", "test*.py", "*_test*.py",
                     "*/test_*.py", "*/*/test_*.py"):
            found = sorted(path for path in self.source.glob(name)
                           if path.parts[-2] not in NOT_TESTS
                           and (path.is_file()
                                or any(path.rglob("*test*.py"))))
            if found:
                return words + [str(path.relative_to(self.source))
                                for one in found for path in named(one)]
        raise Unready("%s has no tests in its sdist" % self.name)

    def _find_missing(self):
        """Until neither a module nor a fixture is missing that is known."""
        for _ in range(6):
            words = [self.env_python, "-m", "pytest", *self.tests(),
                     "--setup-plan", "-q"]
            try:
                run(words, cwd=self.source, PYTHONPATH=self.path(self.source))
                return
            except Unready as error:
                names = re.findall(
                    r"No module named '(\w+)|fixture '(\w+)' not found",
                    error.output)
                names = {KNOWN.get(one or other) for one, other in names}
                names -= {None, *self.added}
                if not names:
                    return  # what cannot be collected fails in both runs
                self.added |= names
                try:
                    self._pip(*names)
                except Unready:
                    return

    @staticmethod
    def path(tree):
        return os.pathsep.join([str(tree / "src"), str(tree)])

    def copy(self, folder):
        """A tree of its own, with the modules that setup.py built."""
        tree = pathlib.Path(folder) / self.name
        shutil.copytree(self.source, tree, symlinks=True,
                        ignore=shutil.ignore_patterns("build", "__pycache__"))
        return tree


def named(path):
    """A folder of tests, or those of its files that pytest does not know by
    their names."""
    if path.is_file() or any(
            one for pattern in ("test_*.py", "*_test.py")
            for one in path.rglob(pattern)):
        return [path]
    return sorted(one for one in path.rglob("*test*.py")
                  if one.name != "conftest.py")


def base_python():
    return getattr(sys, "_base_executable", None) or sys.executable
