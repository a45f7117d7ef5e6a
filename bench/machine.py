"""The machine: what its host took away meanwhile."""
import time

TICK = 0.012  # s: what was stolen is counted at the next tick of the kernel


def stolen():
    """Time for which a processor had work and the host did not run it, all
    processors together, in the kernel's ticks (proc_stat(5): steal); 0 on a
    machine of metal."""
    with open("/proc/stat", encoding="ascii") as file:
        words = file.readline().split()
    return int(words[8]) if len(words) > 8 else 0


class Watch:
    """Whether the host kept its hands off since this was made."""

    def __init__(self):
        self.before = stolen()

    def was_undisturbed(self):
        time.sleep(TICK)
        return stolen() == self.before
