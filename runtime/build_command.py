"""build_command: what a build_ext of the project's own makes of extensions.

Such a command may add sources, folders and flags before it hands each of them
to the build_extension() that it has inherited; there they are taken down and
nothing is compiled. What it may do on the way: ask the compiler and
pkg-config. It is stopped where it would write into the project, start another
program or reach into the net, and when it takes too long.
"""
import contextlib
import copy
import os
import shlex
import shutil
import signal
import sys
import sysconfig
import tempfile

ALLOWED_S = 8  # of extensions.h's EXTENSIONS_MS
TOOLS = ("setuptools", "distutils", "Cython")  # whose build_ext is known
KEPT = ("name", "version", "packages", "py_modules", "package_dir",
        "ext_package", "libraries", "include_dirs", "options", "cmdclass")
CHANGING = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link",
            "os.symlink", "os.chmod")  # the last they tell is dir_fd, or -1
STARTING = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
            "os.forkpty", "pty.spawn")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Stopped(BaseException):
    """No Exception, which the command may have a use for."""


def is_known(kind):
    return kind.__module__.partition(".")[0] in TOOLS


def own_command(attributes):
    """The class, where it is the project's."""
    kind = (attributes.get("cmdclass") or {}).get("build_ext")
    return kind if isinstance(kind, type) and not is_known(kind) else None


def tools():
    """The names of programs that a command may ask."""
    for name in "CC", "CXX":
        words = os.environ.get(name) or sysconfig.get_config_var(name) or ""
        yield from map(os.path.basename, shlex.split(words))
    yield from ("cc", "c++", "gcc", "g++", "clang", "clang++", "ld",
                "pkg-config", "pkgconf")


class Watch:
    """An audit hook, which cannot be taken away, only be idle."""

    def __init__(self, folder):
        self.folder = os.path.realpath(folder)
        self.programs = set(tools())
        self.is_on = False
        sys.addaudithook(self.see)

    def is_below(self, path, fd=-1):
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        start = "/proc/self/fd/%d" % fd if fd >= 0 else "."
        path = os.path.realpath(os.path.join(start, os.fsdecode(path)))
        return path.startswith(self.folder + os.sep)

    @staticmethod
    def stop(words):
        raise Stopped(words)

    def see(self, event, words):
        if not self.is_on:
            return
        if event == "open" and words[2] & WRITING and self.is_below(words[0]):
            self.stop("it writes %s"
                      % os.path.basename(os.fsdecode(words[0])))
        elif event in CHANGING:
            for path in words:
                if self.is_below(path, words[-1]):
                    self.stop("it makes, moves or removes %s"
                              % os.path.basename(os.fsdecode(path)))
        elif event in STARTING or event.startswith("socket.connect"):
            self.stop("it does %s" % event)
        elif event == "subprocess.Popen":
            program = os.path.basename(os.fsdecode(words[0] or words[1][0]))
            if (program not in self.programs
                    and not program.endswith("-config")):
                self.stop("it starts %s" % program)


class Taken:
    """Stands in for what compiles."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.extensions = []
        self.declared = set()

    def take(self, command, extension):
        compiler = command.compiler
        includes = {sysconfig.get_path(name)
                    for name in ("include", "platinclude")}
        one = copy.copy(extension)
        one.sources = list(extension.sources)
        for name, added in (
                ("include_dirs", [folder for folder in compiler.include_dirs
                                  if folder not in includes]),
                ("define_macros", [(*macro, None)[:2] for macro
                                   in compiler.macros if len(macro) > 1]),
                ("undef_macros", [macro[0] for macro in compiler.macros
                                  if len(macro) == 1]),
                ("libraries", compiler.libraries),
                ("library_dirs", compiler.library_dirs),
                ("runtime_library_dirs", compiler.runtime_library_dirs)):
            setattr(one, name, [*(getattr(extension, name, None) or ()),
                                *added])
        self.extensions.append(one)
        self.declared.add(extension.name)

    def stand_in(self, kind):
        for base in kind.__mro__:
            if is_known(base) and "build_extension" in vars(base):
                base.build_extension = lambda command, extension: self.take(
                    command, extension)

    def compiler(self, original):
        """One whose trials leave nothing in the project."""
        def new_compiler(*words, **named):
            compiler = original(*words, **named)
            compiler.output_dir = self.scratch
            return compiler
        return new_compiler


def run(kind, attributes, extensions, taken):
    import distutils.ccompiler as compilers
    import distutils.command.build_ext as tool

    import setuptools
    # imported by either as it is called, or as it was loaded
    compilers.new_compiler = tool.new_compiler = taken.compiler(
        compilers.new_compiler)
    taken.stand_in(kind)
    # setuptools_scm and its like ask git for a version where there is none
    distribution = (attributes.get("distclass") or setuptools.Distribution)(
        {"ext_modules": extensions, "version": "0",
         **{name: attributes[name] for name in KEPT if name in attributes}})
    command = distribution.get_command_obj("build_ext")
    command.ensure_finalized()
    command.run()


@contextlib.contextmanager
def allowed_time():
    def stop(*unused):
        raise Stopped("it takes longer than %d s" % ALLOWED_S)
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(ALLOWED_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def follow(extensions, attributes, folder):
    """(the extensions as the project's command has them compiled, why it was
    not followed to its end or None)"""
    kind = own_command(attributes)
    if kind is None or not extensions:
        return extensions, None
    declared = [copy.copy(one) for one in extensions]
    for one in declared:
        one.sources = list(one.sources)
        one.extra_compile_args = list(one.extra_compile_args or ())
    taken = Taken(tempfile.mkdtemp(prefix="cowbird-build-ext-"))
    watch = Watch(folder)
    reason = None
    try:
        with allowed_time():
            watch.is_on = True
            run(kind, attributes, extensions, taken)
    except Stopped as stopped:
        reason = str(stopped)
    except BaseException as error:
        reason = "%s: %s" % (type(error).__name__,
                             (str(error).splitlines() or [""])[0])
    watch.is_on = False
    shutil.rmtree(taken.scratch, ignore_errors=True)
    if reason is None:
        return taken.extensions, None
    left = [one for one in declared if one.name not in taken.declared]
    return [*taken.extensions, *left], reason if left else None
