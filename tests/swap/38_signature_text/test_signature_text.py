"""Case 38: docstring and signature follow."""
from bed import returning


def test_docstring_and_signature_follow(bed):
    def doc(words):
        return returning(1, doc='"%s"' % words)
    bed.module("hot", doc("answer($module)\\n--\\n\\nOld."))
    app, peer = bed.start("hot")
    app.do("import inspect; held = hot.answer")
    assert app.ask("held.__doc__, str(inspect.signature(held))") == (
        "Old.", "()")
    bed.swap(peer, bed.order("hot", doc("answer($module, n=3)\\n--\\n\\nN.")))
    assert app.ask("held.__doc__, str(inspect.signature(held))") == (
        "N.", "(n=3)")
