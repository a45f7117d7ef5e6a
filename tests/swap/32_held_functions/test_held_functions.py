"""Case 32: a function held in any way runs the new code, and stays itself."""
from bed import returning


HOLDERS = r"""
import hot, functools, operator, weakref, threading, queue
from hot import answer
partial = functools.partial(hot.answer)
def closure(call=hot.answer):
    inner = hot.answer
    return lambda: (call(), inner())
enclosed = closure()
cached = functools.lru_cache(maxsize=None)(hot.answer)
waiting = iter(hot.answer, None)  # C calls it
routes = {hot.answer: "route"}
members = {hot.answer}
class View:
    call = hot.answer
elsewhere = [hot.answer]
weak = weakref.ref(hot.answer)
before = (id(answer), hash(answer))
questions, answers = queue.Queue(), queue.Queue()
def serve():
    held = answer
    while questions.get():
        answers.put(held())
thread = threading.Thread(target=serve, daemon=True)
thread.start()
def other_thread():
    questions.put(True)
    return answers.get()
def every():
    cached.cache_clear()
    return [hot.answer(), answer(), partial(), View.call(), elsewhere[0](),
            weak()(), list(routes)[0](), list(members)[0](), other_thread(),
            *enclosed(), cached(), next(waiting),
            operator.methodcaller("answer")(hot)]
def same():
    return [(id(answer), hash(answer)) == before, answer == hot.answer,
            answer in routes, answer in members, weak() is answer,
            thread.is_alive()]
"""


def test_every_holder_of_a_function_runs_the_new_code_and_it_stays_itself(bed):
    bed.module("hot", returning(1))
    app = bed.app()
    app.do(HOLDERS)
    peer = bed.accept()
    peer.await_module("hot")
    assert app.ask("every()") == [1] * 14
    for value in (2, 3):
        done = bed.swap(peer, bed.order("hot", returning(value)))
        assert done.names == {"hot": [["answer"], [], []]}
        assert app.ask("every()") == [value] * 14
        assert app.ask("same()") == [True] * 6
