"""How processes come, fork, stay when the session goes, and leave."""
import os
import signal

import bed as beds
from bed import READY, returning


def test_a_worker_says_who_it_is_and_leaves_with_a_farewell(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    version = app.ask("__import__('sys').version").split()[0]
    assert (peer.pid, peer.parent, peer.soabi, peer.version) == (
        app.process.pid, os.getpid(), bed.facts.soabi, version)
    assert os.path.samefile(peer.executable, bed.python)
    assert app.end() == 0
    assert peer.await_end() is True


def test_an_app_that_dies_hangs_up_without_a_farewell(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.kill()
    assert peer.await_end() is False


def test_a_late_import_is_told_and_joins_the_next_swap(bed):
    bed.module("hot", returning(1))
    bed.module("cold", returning(1).replace("PyInit_hot", "PyInit_cold"))
    app, peer = bed.start("hot")
    app.do("import cold")
    assert peer.await_module("cold") == 1
    bed.swap(peer, bed.order("hot", returning(2)), bed.order(
        "cold", returning(2).replace("PyInit_hot", "PyInit_cold")))
    assert app.ask("hot.answer(), cold.answer()") == (2, 2)


FORK = """
import os, sys
from hot import answer
def child():
    read, write = os.pipe()
    back, answers = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(write)
        while os.read(read, 1):
            os.write(answers, b"%d" % answer())
        os._exit(0)
    os.close(read)
    def ask():
        os.write(write, b"?")
        return int(os.read(back, 9))
    def end():
        os.close(write)
        return os.waitpid(pid, 0)[1]
    return pid, ask, end
"""


def test_a_forked_child_has_a_line_of_its_own_at_its_parent_s_generation(bed):
    bed.module("hot", returning(1))
    app = bed.app()
    app.do(FORK)
    peer = bed.accept()
    peer.await_module("hot")
    bed.swap(peer, bed.order("hot", returning(2)))
    app.do("pid, ask, end = child()")
    child = bed.accept()
    assert (child.pid, child.parent, child.modules) == (
        app.ask("pid"), app.process.pid, {"hot": 2})
    order = bed.order("hot", returning(3))
    bed.swap(child, order)
    assert app.ask("ask(), answer()") == (3, 2)
    bed.swap(peer, order)
    assert app.ask("ask(), answer(), end()") == (3, 3, 0)
    assert child.await_end() is False


def test_forks_in_a_tight_loop_during_swaps_never_hang(bed):
    bed.module("hot", returning(1))
    app = bed.app()
    app.do("""
import os, hot
def forks(n):
    for _ in range(n):
        pid = os.fork()
        if pid == 0:
            os._exit(0 if hot.answer() in (1, 2) else 1)
        assert os.waitpid(pid, 0)[1] == 0
    return n
""")
    peer = bed.accept()
    peer.await_module("hot")
    built = [bed.build("hot", returning(n)) for n in (1, 2)]
    app.start("done = forks(60)")
    for n in range(40):
        bed.swap(peer, {"name": "hot", "stem": "hot", "generation": n + 2,
                        "artefact": built[n % 2],
                        "source": bed.source("hot")})
    app.hear()
    assert app.ask("done") == 60


def test_a_fork_while_a_swap_is_open_leaves_the_child_on_the_old_code(bed):
    bed.module("hot", returning(1))
    app = bed.app()
    app.do(FORK)
    peer = bed.accept()
    peer.await_module("hot")
    assert peer.prepare(5, [bed.order("hot", returning(2))]).verdict == READY
    app.do("pid, ask, end = child()")
    child = bed.accept()
    peer.commit(5)
    assert app.ask("ask(), answer()") == (1, 2)
    bed.swap(child, bed.order("hot", returning(3)))
    assert app.ask("ask(), answer(), end()") == (3, 2, 0)


def test_an_app_outlives_its_session_and_still_imports(bed):
    bed.module("hot", returning(1))
    bed.module("cold", returning(1).replace("PyInit_hot", "PyInit_cold"))
    app, peer = bed.start("hot")
    tasks = "/proc/%d/task" % app.process.pid
    with_agent = len(os.listdir(tasks))
    assert peer.prepare(5, [bed.order("hot", returning(2))]).verdict == READY
    bed.hang_up()
    beds.await_true(lambda: len(os.listdir(tasks)) == with_agent - 1)
    assert app.ask("hot.answer(), __import__('cold').answer()") == (1, 1)
    app.do("import os; pid = os.fork(); pid or os._exit(hot.answer())")
    assert app.ask("os.waitpid(pid, 0)[1] >> 8") == 1
    assert app.end() == 0


def test_an_app_without_a_listening_session_works_from_the_manifest(bed):
    bed.module("hot", returning(1))
    bed.hang_up()
    app = bed.app()
    assert app.ask("__import__('hot').answer()") == 1
    assert app.end() == 0


def test_an_app_that_closes_every_descriptor_is_left_alone(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do("""
import os
os.closerange(3, 64)
files = [open("/dev/zero", "r+b", buffering=0) for _ in range(8)]
""")
    assert peer.await_end() is False
    bed.module("cold", returning(1).replace("PyInit_hot", "PyInit_cold"))
    app.do("import cold")
    assert app.ask("hot.answer(), [f.read(1) for f in files]") == (
        1, [b"\0"] * 8)
    app.do("import hot, os; [os.fstat(f.fileno()) for f in files]")
    assert app.end() == 0


def test_a_thread_of_the_agent_takes_no_signal_from_the_app(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    app.do("import signal; seen = []; "
           "signal.signal(signal.SIGUSR1, lambda *a: seen.append(a[0]))")
    os.kill(app.process.pid, signal.SIGUSR1)
    assert app.ask("seen") == [signal.SIGUSR1]
    app.do("import threading")
    assert app.ask("threading.active_count()") == 1


def test_a_commit_without_a_prepare_and_an_abort_of_another_do_nothing(bed):
    bed.module("hot", returning(1))
    app, peer = bed.start("hot")
    beds.send_frame(peer.line, beds.COMMIT, beds.u64(99))
    assert peer.prepare(1, [bed.order("hot", returning(2))]).verdict == READY
    peer.abort(98)
    assert peer.commit(1).names == {"hot": [["answer"], [], []]}
    assert app.ask("hot.answer()") == 2


def test_a_message_that_is_no_word_of_ours_ends_the_line_not_the_app(bed):
    bed.module("hot", returning(1))
    for kind, payload in ((77, b""), (beds.PREPARE, b"\xff" * 20),
                          (beds.COMMIT, b"")):
        app, peer = bed.start("hot")
        beds.send_frame(peer.line, kind, payload)
        assert peer.await_end() is False
        assert app.ask("hot.answer()") == 1
