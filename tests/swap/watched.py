"""A session whose saves are counted: `scoring`, which tests save in every
way there is, and `marker`, whose swap tells that all before it is told."""
import itertools

from client import Client
from live import APP, Live, source

values = itertools.count(100)


class Watched(Live):
    """Both modules have answered once."""

    def __init__(self, program, folder, **options):
        folder.mkdir()
        (folder / "app.py").write_text(APP)
        (folder / "scoring.c").write_text(source(1))
        (folder / "marker.c").write_text(source(1, "marker"))
        super().__init__(program, folder, **options)
        self.source = folder / "scoring.c"

    def open(self):
        self.port()
        self.get("/scoring/answer")
        self.get("/marker/answer")
        self.meet()

    def value(self, name="scoring"):
        status, body = self.get(f"/{name}/answer")
        assert status == 200, body
        return int(body)

    def told_since(self, start):
        """(event, module) of what was said since `start`: all that happened
        before this call is told before the swap of one more save."""
        self.save("marker.c", source(next(values), "marker"))
        self.event("swap", module="marker")
        return [(e["event"], e.get("module")) for e in self.seen[start:-1]
                if e["event"] not in ("setup", "tier")]

    def must_be_one_swap(self, save):
        """`save(path, text)` puts new text into scoring.c; whoever asks all
        the while gets the old answer and then the new one."""
        old, new, start = self.value(), next(values), len(self.seen)
        with Client(self) as client:
            save(self.source, source(new))
            self.event("swap", module="scoring")
            assert self.value() == new
            told = self.told_since(start)
        assert told == [("swap", "scoring")], self.words()
        assert client.answers == [(200, str(old)), (200, str(new))]
