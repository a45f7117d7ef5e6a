"""A session whose cache lies on a file system of its own, in a mount
namespace that ends with it."""
import os
import pathlib
import shutil
import subprocess

import pytest

from live import PATIENCE, Live

# $0: mount's options, $1: where, $2: the cache whose guest is taken along,
# so that none is compiled; the rest is the session.
SCRIPT = """\
mount -t tmpfs -o "$0" tmpfs "$1" || exit 99
for kind in guests pythons compilers; do
    if test -e "$2/$kind"; then cp -a "$2/$kind" "$1"; fi
done
mount -o "remount,$0$3" tmpfs "$1" || exit 99
shift 3
exec "$@"
"""


def unsharing():
    """The words that give a mount namespace, or a counted skip."""
    unshare = shutil.which("unshare")
    for words in ([unshare, "-m"], [unshare, "-rm"]) if unshare else ():
        if subprocess.run([*words, "true"], stderr=subprocess.DEVNULL,
                          timeout=PATIENCE).returncode == 0:
            return words
    return pytest.skip("no mount namespace here: unshare -m is not allowed")


class Mounted(Live):
    """As Live; `mount_options` are tmpfs's, `later` those that hold once the
    guest lies there."""

    def __init__(self, program, folder, mount_options, later="", **options):
        self.cache = pathlib.Path(folder).parent / "cache-of-its-own"
        self.cache.mkdir(exist_ok=True)
        through = [*unsharing(), "sh", "-c", SCRIPT, mount_options,
                   str(self.cache), os.environ["COWBIRD_CACHE_DIR"], later]
        env = {**options.pop("env", {}), "COWBIRD_CACHE_DIR": str(self.cache)}
        super().__init__(program, folder, through=through, env=env, **options)

    def inside(self, path=""):
        """The same file, as the session sees it."""
        return pathlib.Path(f"/proc/{self.pid}/root{self.cache}") / path

    def remount(self, options):
        subprocess.run(["nsenter", "-t", str(self.pid), "-m", "mount", "-o",
                        f"remount,{options}", "tmpfs", str(self.cache)],
                       check=True, timeout=PATIENCE)
