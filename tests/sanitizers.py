"""How the guest is built with sanitizers, and what a Python that loads it
needs in its environment."""
import subprocess

# What a test that waits for images to go needs of AddressSanitizer: addresses
# in the freed memory that it keeps, and in the traces of its allocations, keep
# the images. Less is found that way, so only those tests ask for it.
FORGETS = ("max_free_fill_size=1048576:quarantine_size_mb=1:"
           "malloc_context_size=0:")


def flags(kinds):
    return ["-fsanitize=" + kinds, "-fno-omit-frame-pointer",
            "-Wno-format-truncation"]


def environment(kinds, forgets=False):
    library = {"thread": "libtsan.so"}.get(kinds, "libasan.so")
    # ASan looks for C++'s throw when it starts, and not again.
    path = " ".join(
        subprocess.run(["cc", "-print-file-name=" + name], text=True,
                       stdout=subprocess.PIPE, check=True).stdout.strip()
        for name in (library, "libstdc++.so.6"))
    return {"LD_PRELOAD": path, "ASAN_OPTIONS": "detect_leaks=0:"
            + (FORGETS if forgets else "")
            + "handle_segv=0:handle_sigill=0",
            "TSAN_OPTIONS": "die_after_fork=0:halt_on_error=1:"
            "report_thread_leaks=0",
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
