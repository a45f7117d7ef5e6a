"""Contestants: how each is laid out, started, edited and heard. The race
itself treats them alike.

In words, {python}, {bin}, {port} and {cowbird} stand for what they say. An
edit changes the number behind `VALUE = ` in `source`, the header edit the one
behind `SHIFT` in `header`, which no contestant is told of by hand.
"""
import dataclasses


@dataclasses.dataclass
class Contestant:
    name: str
    files: dict  # name in the project: name in apps/
    source: str
    header: str
    start: list
    hook: str = ""  # what the app has to import or call for it
    environment: str = "peers"
    prepare: list = dataclasses.field(default_factory=list)  # part of cold
    beside: list = dataclasses.field(default_factory=list)
    in_place: bool = False  # saved without a rename: else it sees nothing
    needs: tuple = ()  # programs
    own_packages: bool = False  # installs itself into the environment


UVICORN = ["{python}", "-m", "uvicorn", "asgi:app", "--host", "127.0.0.1",
           "--port", "{port}", "--log-level", "warning"]


def reloading(*patterns):
    words = UVICORN + ["--reload", "--reload-dir", "."]
    for one in patterns:
        words += ["--reload-include", one]
    # cppimport writes its copy of the source beside it.
    return words + ["--reload-exclude", ".rendered*"] * bool(patterns)


def cowbird(name, *options):
    return Contestant(
        name, {"asgi.py": "asgi.py", "hot.c": "plain.c",
               "shift.h": "shift.h"}, "hot.c", "shift.h",
        ["{cowbird}", "run", "--dev", "--compile-path=.",
         "--python={python}", *options, "--", *UVICORN])


ALL = [
    cowbird("Cowbird, tcc", "--cc=tcc"),
    cowbird("Cowbird, two tiers", "--cc=auto"),
    cowbird("Cowbird, gcc -O2", "--cc=gcc"),
    Contestant(
        "Robyn --compile-rust-path --dev",
        {"app.py": "robyn_app.py", "hot.rs": "hot.rs",
         "shift.inc": "shift.inc"}, "hot.rs", "shift.inc",
        ["{python}", "{bin}/robyn", "app.py", "--compile-rust-path=.",
         "--dev"],
        environment="robyn", needs=("cargo",)),
    Contestant(
        "uvicorn --reload + rustimport",
        {"asgi.py": "asgi.py", "hot.rs": "hot.rs", "shift.inc": "shift.inc"},
        "hot.rs", "shift.inc", reloading("*.rs", "*.inc"),
        hook="import rustimport.import_hook", needs=("cargo",)),
    Contestant(
        "uvicorn --reload + cppimport",
        {"asgi.py": "asgi.py", "hot.cpp": "hot.cpp", "shift.h": "shift.h"},
        "hot.cpp", "shift.h", reloading("*.cpp", "*.h"),
        hook="import cppimport.import_hook", needs=("g++",)),
    Contestant(
        "uvicorn --reload + pyximport",
        {"asgi.py": "asgi.py", "hot.pyx": "hot.pyx",
         "shift.pxi": "shift.pxi"}, "hot.pyx", "shift.pxi",
        reloading("*.pyx", "*.pxi"),
        hook="import pyximport\npyximport.install(language_level=3)",
        needs=("gcc",)),
    Contestant(
        "uvicorn --reload + scikit-build-core editable",
        {"asgi.py": "asgi.py", "hot.c": "raw.c", "shift.h": "shift.h",
         "CMakeLists.txt": "CMakeLists.txt",
         "pyproject.toml": "pyproject.toml"}, "hot.c", "shift.h",
        reloading("*.c", "*.h"),
        prepare=["{python}", "-m", "pip", "install", "-q",
                 "--no-build-isolation", "--no-deps", "-e", "."],
        needs=("gcc",), own_packages=True),
    Contestant(
        "Flask's stat reloader + a rebuild loop",
        {"app.py": "flask_app.py", "src/hot.c": "raw.c",
         "src/shift.h": "shift.h", "setup.py": "setup.py"}, "src/hot.c",
        "src/shift.h",
        ["{python}", "app.py"],
        prepare=["{python}", "setup.py", "-q", "build_ext", "--inplace"],
        beside=["{bin}/watchfiles",
                "{python} setup.py -q build_ext --inplace", "src"],
        needs=("gcc",)),
    Contestant(
        "uvicorn --reload, pure Python",
        {"asgi.py": "asgi.py", "hot.py": "pure.py", "shift.py": "shift.py"},
        "hot.py", "shift.py", reloading()),
    Contestant(
        "jurigged, pure Python",
        {"asgi.py": "asgi.py", "hot.py": "pure.py", "shift.py": "shift.py"},
        "hot.py", "shift.py",
        ["{bin}/jurigged", "-w", ".", *UVICORN[1:]], in_place=True),
]
