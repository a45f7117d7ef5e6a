"""One step of a guest's agent fails: an allocation (its own, Python's or the
loader's), a dlopen, an open, a read, a mapping. See faults.c."""
import ctypes
import hashlib
import mmap
import os
import pathlib
import subprocess

import bed as beds

SOURCE = pathlib.Path(__file__).with_name("faults.c")
WITHIN = SOURCE.with_name("faulty.c")
WRAPPED = ("PyThreadState_New", "retire_step", "swap_commit", "journal_word",
           "journal_number", "journal_item")
FRAMES = 24


def guest_flags():
    """Of a guest that tells which steps it takes."""
    digest = hashlib.sha256(WITHIN.read_bytes()).hexdigest()[:16]
    return [str(WITHIN), "-DFAULTY_%s" % digest,
            *("-Wl,--wrap=" + name for name in WRAPPED)]


class Page(ctypes.Structure):
    """What faults.c has in its own words."""
    _fields_ = [("armed", ctypes.c_long), ("at", ctypes.c_long),
                ("seen", ctypes.c_long), ("live", ctypes.c_long),
                ("stores", ctypes.c_long), ("store", ctypes.c_long),
                ("what", ctypes.c_char * 32),
                ("frames", ctypes.c_long * FRAMES),
                ("files", (ctypes.c_char * 160) * FRAMES)]


class Faults:
    """Preloaded into every app of the bed."""

    def __init__(self, bed):
        library = beds.cc(bed.folder / "faults.so", [SOURCE], "-O1", "-g",
                          "-fno-builtin")
        path = bed.folder / "faults"
        path.write_bytes(bytes(ctypes.sizeof(Page)))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), ctypes.sizeof(Page))
        self.page = Page.from_buffer(self.map)
        self.guest = bed.guest
        # Python's own allocator would hide most of what can fail.
        bed.env.update(
            COWBIRD_TEST_FAULTS=str(path), PYTHONMALLOC="malloc",
            MALLOC_ARENA_MAX="1",
            GLIBC_TUNABLES="glibc.malloc.tcache_count=0",
            LD_PRELOAD=library)

    def arm(self, at=0, store=0):
        """From now on steps count; the one numbered `at` fails."""
        page = self.page
        page.armed = page.seen = page.stores = 0
        page.what, page.at, page.store = b"", at, store
        page.armed = 1

    def disarm(self):
        """Whether the step was there, and failed."""
        self.page.armed = 0
        return self.page.what != b""

    def trace(self):
        """What failed, and who asked for it, innermost first."""
        return (self.page.what.decode(),
                [(at, file.value.decode())
                 for at, file in zip(self.page.frames, self.page.files)])

    def where(self, trace=None):
        """The same in words."""
        what, frames = trace or self.trace()
        lines = [what]
        for at, name in frames:
            if not at or name.endswith("faults.so"):
                continue
            done = subprocess.run(["addr2line", "-sfe", name, hex(at - 1)],
                                  stdout=subprocess.PIPE, text=True)
            words = done.stdout.split("\n")
            lines.append("%s %s" % (words[0], words[1])
                         if done.returncode == 0 and words[0] != "??"
                         else "%s+%#x" % (os.path.basename(name), at))
        return "\n    ".join(lines)
