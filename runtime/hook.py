"""hook: the finder through which an app imports its native modules.

Runs in every Python that a session starts, most of which import no native
module: so at start it reads nothing, and imports nothing that `site` has not.
It never prints and never ends the app; what goes wrong is an ImportError of
the module concerned.
"""
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import ExtensionFileLoader, SourceFileLoader
from _imp import create_dynamic, exec_dynamic, extension_suffixes

ABI_WAIT_S = 120


def _soabi():
    """".cpython-311-x86_64-linux-gnu.so" without its ends."""
    return extension_suffixes()[0][1:].rpartition(".")[0]


def _plain_text(field):
    """A field of the manifest, where %XX stands for one byte."""
    if b"%" in field:
        first, *rest = field.split(b"%")
        field = first + b"".join(
            bytes((int(part[:2], 16),)) + part[2:] for part in rest)
    return os.fsdecode(field)


class Entry:
    """One module's line: where its code is, or why there is none."""

    def __init__(self, fields, is_failed):
        self.name = fields[0]
        self.is_failed = is_failed
        if is_failed:
            self.diagnostics, self.source = fields[1:3]
        else:
            (self.stem, generation, self.image, self.origin, self.source,
             shown, self.tier) = fields[1:8]
            self.generation = int(generation)
            self.shown = int(shown)


class Manifest:
    """What the bench has written for one ABI; empty when there is none."""

    def __init__(self, content=b""):
        self.is_there = bool(content)
        self.is_dev = False
        self.guest = None
        self.modules = {}
        for line in content.split(b"\n"):
            kind, *fields = map(_plain_text, line.split(b"\t"))
            if kind == "cowbird":
                self.is_dev = fields[1] == "dev"
            elif kind == "guest":
                self.guest = fields[0]
            elif kind in ("module", "failed"):
                entry = Entry(fields, kind == "failed")
                # the last good generation serves while a newer one fails
                if not entry.is_failed or entry.name not in self.modules:
                    self.modules[entry.name] = entry


def _read(path):
    try:
        with open(path, "rb") as file:
            return Manifest(file.read())
    except FileNotFoundError:
        return Manifest()


class Session:
    """The session's folder, read again when it has changed."""

    def __init__(self, folder):
        self.folder = folder
        self.soabi = _soabi()
        self.path = os.path.join(folder, "manifest." + self.soabi)
        self._seen = None
        self._manifest = Manifest()
        self._others_seen = None
        self._others = {}
        self._asked = False

    def manifest(self):
        try:
            status = os.stat(self.path)
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        except OSError:
            seen = None
        if seen != self._seen:
            self._manifest = _read(self.path)
            self._seen = seen
        return self._manifest

    def others(self):
        """Names that the session has built for other ABIs: {name: soabi}."""
        try:
            seen = os.stat(self.folder).st_mtime_ns
            if seen != self._others_seen:
                self._others = {
                    name: file[len("manifest."):]
                    for file in os.listdir(self.folder)
                    if file.startswith("manifest.")
                    for name in _read(os.path.join(self.folder, file)).modules}
                self._others_seen = seen
        except OSError:
            return {}
        return self._others

    def find(self, name):
        """The module's entry, a reason why it has none, or None."""
        manifest = self.manifest()
        entry = manifest.modules.get(name)
        if entry is not None or manifest.is_there:
            return entry
        built_for = self.others().get(name)
        if built_for is None:
            return None
        reason = self._ask()
        entry = self.manifest().modules.get(name)
        if entry is not None:
            return entry
        return reason or (
            "%s was built for %s, this is %s: pass --python %s to cowbird"
            % (name, built_for, self.soabi, sys.executable))

    def _ask(self):
        """Has the bench build for this Python; waits for it."""
        if self._asked or not os.path.exists(os.path.join(self.folder, "s")):
            return ""
        self._asked = True
        import socket
        import struct

        def text(words):
            data = os.fsencode(words)
            return struct.pack("<I", len(data)) + data

        def receive(count):
            data = b""
            while len(data) < count:
                more = line.recv(count - len(data))
                if not more:
                    raise OSError("the session has ended")
                data += more
            return data

        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(ABI_WAIT_S)
                line.connect(os.path.join(self.folder, "s"))
                payload = text(self.soabi) + text(sys.executable)
                line.sendall(struct.pack("<IHH", len(payload), 9, 1) + payload)
                size, kind, version = struct.unpack("<IHH", receive(8))
                answer = receive(size)
                if (kind, version) != (10, 1):
                    return "the session answers in another language"
                return os.fsdecode(answer[4:])
        except OSError:
            return ""


class RunLoader(ExtensionFileLoader):
    """Without --dev: an extension module like any other."""

    def __init__(self, entry):
        super().__init__(entry.name, entry.image)


class DevLoader(ExtensionFileLoader):
    """Through the engine, which can swap the code later."""

    def __init__(self, entry, session):
        super().__init__(entry.name, entry.origin)
        self._entry = entry
        self._session = session

    def create_module(self, spec):
        entry = self._entry
        engine = _engine(self._session)
        if engine is not None:
            return engine.create(spec, entry.name, entry.stem,
                                 entry.generation, entry.image, entry.source,
                                 entry.shown, entry.tier)
        module = create_dynamic(
            ModuleSpec(entry.name, self, origin=entry.image))
        module.__file__ = entry.origin
        return module

    def exec_module(self, module):
        engine = _engine(self._session)
        if hasattr(module, "__cowbird__"):
            return  # a reload: the code is the newest already
        if engine is None or not engine.exec_module(module):
            exec_dynamic(module)


class FailedLoader:
    """For a module that can't be had: the import says why."""

    def __init__(self, name, path, read_reason):
        self._name = name
        self._path = path
        self._read_reason = read_reason

    def create_module(self, spec):
        raise ImportError(self._read_reason(), name=self._name,
                          path=self._path)

    def exec_module(self, module):
        raise ImportError(self._read_reason(), name=self._name,
                          path=self._path)


def _diagnostics(entry):
    def read():
        try:
            with open(entry.diagnostics, "rb") as file:
                words = file.read().decode("utf-8", "replace").rstrip()
        except OSError:
            words = ""
        return words or "%s does not build" % entry.source
    return read


def _engine(session):
    """The guest's extension, loaded and started once; None in a
    subinterpreter, where modules are loaded as CPython does it."""
    engine = sys.modules.get("_cowbird")
    if engine is None:
        path = session.manifest().guest
        if path is None:
            return None
        spec = ModuleSpec("_cowbird", ExtensionFileLoader("_cowbird", path),
                          origin=path)
        engine = create_dynamic(spec)
        exec_dynamic(engine)
        sys.modules["_cowbird"] = engine
        if engine.is_usable:
            import atexit
            engine.start(session.folder, session.soabi, sys.executable or "",
                         sys.version.split(None, 1)[0])
            os.register_at_fork(after_in_child=engine.restart)
            atexit.register(engine.stop)
    return engine if engine.is_usable else None


class Finder:
    """First on sys.meta_path: a native module wins over a .py of its name."""

    def __init__(self, session):
        self.session = session
        # Every name that was looked for: a file that an import did not find,
        # or found broken, is worth a restart when it is saved.
        self.asked = set()

    def find_spec(self, name, path=None, target=None):
        self.asked.add(name)
        entry = self.session.find(name)
        if entry is None:
            return None
        if isinstance(entry, str):
            return ModuleSpec(name, FailedLoader(name, None, lambda: entry))
        if entry.is_failed:
            return ModuleSpec(
                name, FailedLoader(name, entry.source, _diagnostics(entry)),
                origin=entry.source)
        if self.session.manifest().is_dev:
            loader = DevLoader(entry, self.session)
        else:
            loader = RunLoader(entry)
        spec = ModuleSpec(name, loader, origin=loader.path)
        spec.has_location = True
        return spec

    def invalidate_caches(self):
        """Nothing is kept that the next look would not notice."""


class PackageFinder:
    """Last on sys.meta_path: the packages that native modules lie in, where
    their compile path is not on sys.path."""

    def __init__(self, session):
        self.session = session

    def find_spec(self, name, path=None, target=None):
        inside = name + "."
        for entry in self.session.manifest().modules.values():
            if entry.name.startswith(inside):
                return self._package(name, entry)
        return None

    @staticmethod
    def _package(name, entry):
        folder = entry.source
        for _ in range(entry.name.count(".") - name.count(".")):
            folder = os.path.dirname(folder)
        init = os.path.join(folder, "__init__.py")
        if os.path.isfile(init):
            spec = ModuleSpec(name, SourceFileLoader(name, init), origin=init,
                              is_package=True)
            spec.has_location = True
        else:
            spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [folder]
        return spec

    def invalidate_caches(self):
        """Nothing is kept."""


def install(folder):
    """Puts the finders in place, once however often it is called."""
    if any(type(finder).__name__ == "Finder"
           and type(finder).__module__ == __name__
           for finder in sys.meta_path):
        return
    session = Session(folder)
    sys.meta_path.insert(0, Finder(session))
    sys.meta_path.append(PackageFinder(session))


if os.environ.get("COWBIRD_SESSION"):
    install(os.environ["COWBIRD_SESSION"])
