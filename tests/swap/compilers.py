"""Compilers that misbehave: a script before cc, steered by what a folder
holds."""
import os
import pathlib
import shutil
import time

from live import PATIENCE

# Runs the shell lines of `does` before it compiles C.
SCRIPT = """\
#!/bin/sh
case " $* " in *" -c "*)
    if test -e "$STEERED/does"; then . "$STEERED/does"; fi;;
esac
exec {cc} "$@"
"""


def steered():
    """One path for all tests: the guest is compiled by it, too."""
    path = pathlib.Path(os.environ["COWBIRD_CACHE_DIR"]) / "steered-cc"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"steered-cc.{os.getpid()}")
        fresh.write_text(SCRIPT.format(cc=shutil.which("cc")))
        fresh.chmod(0o755)
        os.replace(fresh, path)
    return path


class Gate:
    """What the compiler does before it compiles; it goes on where that
    ends."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.options = (f"--cc={steered()}",)
        self.env = {"STEERED": str(folder), "CC": str(steered())}
        self.auto = ()  # tcc, and this cc behind it

    def does(self, lines):
        """`%s` in them is the folder."""
        fresh = self.folder / "does.new"
        fresh.write_text(lines.replace("%s", str(self.folder)))
        os.replace(fresh, self.folder / "does")

    def opens(self):
        (self.folder / "does").unlink(missing_ok=True)

    def holds(self):
        """Until it opens."""
        self.does("echo $$ >%s/new; mv %s/new %s/started\n"
                  "while test -e %s/does; do sleep 0.02; done\n")

    def await_started(self):
        """The compiler's pid."""
        await_file(self.folder / "started")
        pid = int((self.folder / "started").read_text())
        (self.folder / "started").unlink()
        return pid


def await_file(path):
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < end, f"no {path}"
        time.sleep(0.005)  # a file tells nobody that it is there


def await_end(pid):
    """Until no such process runs; a zombie that init has yet to take is
    over."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(") ")[2][0] == "Z":
                    return
        except OSError:
            return
        assert time.monotonic() < end, f"{pid} runs on"
        time.sleep(0.005)  # /proc tells nobody of an end
