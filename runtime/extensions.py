"""extensions: python extensions.py FD FOLDER

Says on FD, as JSON, which extension modules the project in FOLDER has: its
setup.py runs up to its call of setup(), of which nothing is done but to
follow a build_ext of its own (build_command.py); then [tool.setuptools] of
pyproject.toml. The bench runs this with the app's Python, with a deadline.
"""
import configparser
import glob
import importlib.util
import json
import os
import sys
import sysconfig
import types

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import build_command  # noqa: E402
del sys.path[0], sys.modules["build_command"]  # a project may have one too

TRANSLATED = (".pyx", ".py")  # what Cython makes C of
OTHERS = {  # words of setup() that declare modules too
    "cffi_modules": "cffi makes their C when it builds",
    "rust_extensions": "cowbird compiles C and C++ alone",
    "CMake targets": "CMake alone knows how they are built",
    "mypyc modules": "mypyc makes their C when it builds"}


def text(value):
    return os.fspath(value) if value is not None else None


def package_of(path):
    """The dotted name of a module's file, by the packages around it."""
    folder, name = os.path.split(os.path.splitext(path)[0])
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, above = os.path.split(folder)
        name = above + "." + name
    return name


def cythonize(module_list, *unused, language=None, **others):
    """In place of Cython's, which would write into the tree: the C of an
    earlier run is taken."""
    from setuptools import Extension
    if isinstance(module_list, (str, os.PathLike, Extension)):
        module_list = [module_list]
    found = []
    for item in module_list:
        if not isinstance(item, Extension):
            item = Extension("*", [text(item)])
        first = text(item.sources[0])
        for path in sorted(glob.glob(first, recursive=True)) or [first]:
            one = Extension("", [path])
            vars(one).update(vars(item))
            one.sources = [path, *item.sources[1:]]
            one.language = item.language or language
            if "*" in item.name:
                one.name = package_of(path)
            found.append(one)
    return found


def replace_cython():
    """Where there is none: for a setup.py that wants it though its C may be
    there."""
    from setuptools import Extension
    from setuptools.command.build_ext import build_ext
    try:
        import Cython.Build.Dependencies
        Cython.Build.cythonize = cythonize
        Cython.Build.Dependencies.cythonize = cythonize
        return
    except ImportError:
        pass
    for name in "Cython", "Cython.Build", "Cython.Distutils":
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(
            __path__=[], __version__="3.0.0", cythonize=cythonize,
            build_ext=build_ext, Extension=Extension)


def replace_builders(content, setup):
    """What setup.py imports to declare modules and what would build them at
    once; `setup` is told."""
    import distutils.core

    import setuptools
    more = {}

    def mypycify(*unused, **flags):
        more["mypyc modules"] = True
        return []

    def tell(**attributes):
        setup(**more, **attributes)
    setuptools.setup = distutils.core.setup = tell
    if b"skbuild" in content:
        more["CMake targets"] = True
        sys.modules["skbuild"] = types.ModuleType("skbuild")
        sys.modules["skbuild"].setup = tell
    if b"mypyc" in content:
        for name in "mypyc", "mypyc.build":
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].mypycify = mypycify


def translated(path, language):
    """The C beside a source of Cython's; the source itself when there is
    none."""
    base, suffix = os.path.splitext(path)
    if suffix not in TRANSLATED:
        return path
    suffixes = [".c", ".cpp", ".cc", ".cxx"]
    if language == "c++":
        suffixes.append(suffixes.pop(0))
    for made in suffixes:
        if os.path.isfile(base + made):
            return base + made
    return path


class Project:
    def __init__(self, folder):
        self.folder = folder
        self.everywhere = types.SimpleNamespace(**self.build_ext())
        self.as_built = [word for word in (
            sysconfig.get_config_var("CFLAGS") or "").split()
            if word == "-DNDEBUG"]

    @staticmethod
    def build_ext():
        """setup.cfg's [build_ext], which holds for every extension."""
        settings = configparser.RawConfigParser()
        settings.read("setup.cfg", encoding="utf-8")

        def words(name, separator):
            for key in name, name.replace("_", "-"):
                value = settings.get("build_ext", key, fallback="")
                if value:
                    return [word for line in value.splitlines()
                            for word in line.strip().split(separator) if word]
            return []
        return {
            "include_dirs": words("include_dirs", os.pathsep),
            "library_dirs": words("library_dirs", os.pathsep),
            "runtime_library_dirs": words("rpath", os.pathsep),
            "libraries": words("libraries", None),
            "define_macros": [(*word.split("=", 1), None)[:2]
                              for word in words("define", ",")],
            "undef_macros": words("undef", ",")}

    def path(self, name):
        return os.path.join(self.folder, text(name))

    def words(self, extension, libraries, package):
        """One extension, in a compiler's words."""
        def all_of(name):
            return [*(getattr(extension, name, None) or ()),
                    *getattr(self.everywhere, name, ())]

        language = getattr(extension, "language", None)
        sources = list(map(text, extension.sources))
        includes, defines = all_of("include_dirs"), all_of("define_macros")
        flags = []
        for library in libraries.values():  # each extension is linked with
            sources += (name for name in map(text, library.get("sources", ()))
                        if name not in sources)
            includes += library.get("include_dirs") or ()
            defines += library.get("macros") or ()
            flags += library.get("cflags") or ()
        if language is None and any(os.path.splitext(source)[1] in
                                    (".cc", ".cpp", ".cxx")
                                    for source in sources):
            language = "c++"
        return {
            "name": (package + "." if package else "") + extension.name,
            "is_cxx": language == "c++",
            "sources": [self.path(translated(source, language))
                        for source in sources],
            "include_dirs": [self.path(folder) for folder in includes],
            "cflags": [
                *self.as_built,
                *("-D" + name + ("" if value is None else "=%s" % value)
                  for name, value in defines),
                *("-U" + name for name in all_of("undef_macros")),
                *self.placed(flags),
                *self.placed(extension.extra_compile_args)],
            "ldflags": [
                *map(self.path, getattr(extension, "extra_objects", ())
                     or ()),
                *("-L" + self.path(folder)
                  for folder in all_of("library_dirs")),
                *("-Wl,-rpath," + self.path(folder)
                  for folder in all_of("runtime_library_dirs")),
                *self.placed(extension.extra_link_args)],
            "libraries": [name for name in all_of("libraries")
                          if name not in libraries]}

    def placed(self, flags):
        """Flags as they read from another folder."""
        for flag in flags or ():
            for start in "-I", "-L", "-iquote", "-isystem", "-include", "":
                place = os.path.join(self.folder, flag[len(start):])
                if (flag.startswith(start) and flag != start
                        and os.path.exists(place)):
                    flag = start + place
                    break
            yield flag

    def own_files(self):
        """What setup.py imported from beside itself."""
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None) or ""
            if (path.startswith(self.folder + os.sep)
                    and "site-packages" not in path):
                yield path


def pyproject_extensions():
    try:
        with open("pyproject.toml", "rb") as file:
            content = file.read()
    except OSError:
        return []
    if b"ext-modules" not in content:
        return []
    try:
        import tomllib
    except ImportError:
        try:
            from setuptools.extern import tomli as tomllib
        except ImportError:
            import setuptools  # noqa: F401: finds its own packages
            import tomli as tomllib
    from setuptools import Extension
    tables = tomllib.loads(content.decode()).get("tool", {}).get(
        "setuptools", {}).get("ext-modules", ())
    return [Extension(**{key.replace("-", "_"): value
                         for key, value in table.items()})
            for table in tables]


class Ended(Exception):
    """Without a call of setup()."""


class Answer:
    """Goes out once."""

    def __init__(self, fd):
        self.fd = fd

    def give(self, **fields):
        rest = json.dumps(fields).encode()
        while rest:
            rest = rest[os.write(self.fd, rest):]
        os._exit(0)  # nothing of the project runs any more


def last_line(error, folder):
    """Where in the project, and the last line of a traceback."""
    line, where = 0, error.__traceback__
    file = "setup.py"
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno
    while where is not None:
        path = where.tb_frame.f_code.co_filename
        if path.startswith(folder + os.sep):
            file, line = path, where.tb_lineno
        where = where.tb_next
    words = str(error).strip().splitlines() or [""]
    name = type(error).__name__
    return (os.path.relpath(file, folder), line,
            name + (": " + words[0] if words[0] else ""))


def run_setup(folder, setup):
    """setup.py, as `python setup.py build_ext` starts it."""
    path = os.path.join(folder, "setup.py")
    main = types.ModuleType("__main__")
    main.__file__ = path
    with open(path, "rb") as file:
        content = file.read()
    code = compile(content, path, "exec")
    sys.argv[:] = [path, "build_ext"]
    sys.path[0] = folder
    sys.modules["__main__"] = main
    replace_builders(content, setup)
    if b"ython" in content and importlib.util.find_spec("Cython"):
        replace_cython()
    try:
        exec(code, vars(main))
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "Cython":
            raise
        replace_cython()
        exec(code, vars(main))


def read(answer, folder):
    project = Project(folder)
    is_run = False
    others = {}

    def setup(**attributes):
        nonlocal is_run
        is_run = True
        others.update((name, why) for name, why in OTHERS.items()
                      if attributes.get(name))
        extensions = [*(attributes.get("ext_modules") or ()),
                      *pyproject_extensions()]
        if extensions:  # else another call may follow
            give(extensions, attributes)

    def give(extensions, attributes):
        libraries = dict(attributes.get("libraries") or ())
        package = attributes.get("ext_package")
        extensions, stopped = build_command.follow(extensions, attributes,
                                                   folder)
        answer.give(
            files=sorted(set(project.own_files())), stopped=stopped,
            others=["%s are left out, because %s" % one
                    for one in sorted(others.items())],
            extensions=[project.words(one, libraries, package)
                        for one in extensions])

    if os.path.isfile("setup.py"):
        end = "without"
        try:
            run_setup(folder, setup)
        except SystemExit as error:
            end = "with %r before" % error.code
        if not is_run:
            raise Ended("it ended %s a call of setup()" % end)
    give(pyproject_extensions(), {})


def main(fd, folder):
    answer = Answer(fd)
    os.chdir(folder)
    try:
        import setuptools  # noqa: F401
    except ImportError:
        answer.give(has_no_setuptools=True)
    try:
        read(answer, folder)
    except Ended as error:
        answer.give(error=str(error), file="setup.py")
    except BaseException as error:
        file, line, words = last_line(error, folder)
        answer.give(file=file, line=line, error=words,
                    missing=getattr(error, "name", None)
                    if isinstance(error, ModuleNotFoundError) else None)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
