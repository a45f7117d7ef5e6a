"""The rules of STYLE that a program can check. A rule takes a Tree and yields
(path, line, sentence); test_lint.py runs each on the repository and on a bad
sample."""
import pathlib
import re

ROOMS = ("cli", "runtime", "templates", "tests", "examples", "bench")
SKIPPED_FOLDERS = {"__pycache__", "build", "node_modules"}
LONGEST_FILE = 500
LONGEST_FUNCTION = 60
WIDEST_LINE = 79


class Tree:
    """A folder laid out as the repository."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def files(self, *suffixes, rooms=ROOMS):
        """Repository-relative names with one of the suffixes, sorted."""
        for room in rooms:
            for path in sorted((self.root / room).rglob("*")):
                name = path.relative_to(self.root)
                hidden = any(part in SKIPPED_FOLDERS or part.startswith(".")
                             for part in name.parts)
                if path.is_file() and not hidden and (
                        not suffixes or path.suffix in suffixes):
                    yield name.as_posix()

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8",
                                            errors="replace")

    def lines(self, name):
        return enumerate(self.text(name).splitlines(), 1)

    def code(self, name):
        """C lines with comments and the insides of strings blanked, and
        without preprocessor lines."""
        for number, line in enumerate(
                blank(self.text(name)).splitlines(), 1):
            if not line.lstrip().startswith("#"):
                yield number, line


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                   r"'(?:\\.|[^'\\\n])*'", re.DOTALL)


def blank(text):
    def empty(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(empty, text)


INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def arrows(tree):
    """cli → runtime/wire ← runtime, and wire stands on libc alone."""
    for name in tree.files(".c", ".h", rooms=("cli", "runtime")):
        room = ("wire" if name.startswith("runtime/wire/")
                else name.split("/")[0])
        for number, line in tree.lines(name):
            match = INCLUDE.match(line)
            if not match:
                continue
            own, system = match.groups()
            if own is None:
                if room != "runtime" and system == "Python.h" or (
                        room == "wire" and system.startswith("clang")):
                    yield name, number, "%s includes <%s>" % (room, system)
            elif own.startswith("wire/"):
                continue
            elif room == "wire" or not (tree.root / room / own).is_file():
                yield name, number, ('"%s" is neither in %s/ nor in wire/'
                                     % (own, room))


def file_length(tree):
    for name in tree.files(".c", ".h", ".py"):
        count = len(tree.text(name).splitlines())
        if count > LONGEST_FILE:
            yield name, count, "%d lines: find the second noun" % count


def function_length(tree):
    """A definition's braces stand alone in the first column (PEP 7)."""
    for name in tree.files(".c", ".h", rooms=("cli", "runtime", "tests",
                                              "bench")):
        opened, before = None, ""
        for number, line in tree.lines(name):
            if line == "{":
                opened, title = number, before
            elif line == "}" and opened is not None:
                if number - opened - 1 > LONGEST_FUNCTION:
                    match = re.search(r"(\w+)\(", title)
                    yield name, opened, "%s() has %d lines" % (
                        match.group(1) if match else title,
                        number - opened - 1)
                opened = None
            elif re.match(r"\w.*\(", line):
                before = line


def line_width(tree):
    for name in tree.files(".c", ".h"):
        for number, line in tree.lines(name):
            if len(line) > WIDEST_LINE:
                yield name, number, "%d columns" % len(line)


def first_comment(tree):
    for name in tree.files(".c", ".h", rooms=("cli", "runtime")):
        if not tree.text(name).startswith("/*"):
            yield name, 1, "does not begin by saying what it owns"


SPEECH = re.compile(r"\b(?:v?printf|puts|putchar|perror)\s*\(|"
                    r"\b(?:stdout|stderr)\b|"
                    r"\bwrite\s*\(\s*(?:[12]|STD(?:OUT|ERR)_FILENO)\b")
SPEAKERS = {"cli/report.c", "cli/mem.c"}


def speech(tree):
    """Only report speaks; mem has the last words when memory is out."""
    for name in tree.files(".c", ".h", rooms=("cli",)):
        if name in SPEAKERS:
            continue
        for number, line in tree.code(name):
            match = SPEECH.search(line)
            if match:
                yield name, number, "'%s' speaks past report" % match.group()


GUEST = re.compile(
    r"\b(exit|_exit|_Exit|quick_exit|abort|assert|v?f?printf|f?puts|putchar|"
    r"perror|errx?|warnx?|setlocale|chdir|fchdir|setenv|unsetenv|putenv|"
    r"signal|sigaction|siglongjmp)\s*\(")


def guest_manners(tree):
    """The guest never ends, prints, or changes what is the app's."""
    for name in tree.files(".c", ".h", rooms=("runtime",)):
        for number, line in tree.code(name):
            match = GUEST.search(line)
            if match:
                yield name, number, "the guest calls %s()" % match.group(1)


# Put together here so that this file does not find itself.
MACHINE = re.compile("/ro" + "ot/|/wo" + "rk/|/home/" + r"\w+/\.|"
                     "/opt/" + "wheels")
TEXT = (".c", ".h", ".py", ".md", ".txt", ".cmake", ".toml", ".json", ".yml")


def machine_paths(tree):
    names = list(tree.files(*TEXT, ""))
    names += sorted(p.name for p in tree.root.glob("[!.]*") if p.is_file()
                    and p.suffix in TEXT + ("",))
    for name in names:
        for number, line in tree.lines(name):
            match = MACHINE.search(line)
            if match:
                yield name, number, "'%s' is of one machine" % match.group()


SLEEP = re.compile(r"\b(?:time\.sleep|asyncio\.sleep|u?sleep|nanosleep)\s*\(")


def sleeps(tree):
    """A test that sleeps to be right is wrong; one that must pass time says
    why on its line or the one above."""
    for name in tree.files(".c", ".py", rooms=("tests",)):
        if name.startswith("tests/lint/"):
            continue  # the samples
        mark = "#" if name.endswith(".py") else "*/"
        above = ""
        for number, line in tree.lines(name):
            if SLEEP.search(line) and mark not in line and mark not in above:
                yield name, number, "sleeps without saying why"
            above = line


NUMBERED = re.compile(r"tests/swap/\d\d_")  # which CMake finds by itself


def unregistered(tree):
    """A file of tests that no line of tests/CMakeLists.txt names never
    runs."""
    lists = tree.root / "tests" / "CMakeLists.txt"
    known = set(lists.read_text().replace(")", " ").split()
                if lists.exists() else ())
    for name in tree.files(".py", rooms=("tests",)):
        file = name.rpartition("/")[2]
        if (file.startswith("test_") and not NUMBERED.match(name)
                and file not in known):
            yield name, 1, "no test of ctest's"


RULES = (arrows, file_length, function_length, line_width, first_comment,
         speech, guest_manners, machine_paths, sleeps, unregistered)
