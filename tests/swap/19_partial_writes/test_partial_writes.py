"""Case 19: written in chunks over 200 ms: it settles, and one build has the
full content."""
import editors
from live import source
from watched import values


def test_ten_chunks_are_one_swap(watched):
    watched.must_be_one_swap(editors.writes_in_ten_chunks)


def test_a_writer_that_reopens_the_file_per_chunk_ends_live(watched):
    new = next(values)
    text = source(new)
    path = watched.source
    path.write_text("")
    size = len(text) // 10 + 1
    for start in range(0, len(text), size):
        with open(path, "a") as file:
            file.write(text[start:start + size])
    watched.event("swap", module="scoring")
    while watched.value() != new:
        watched.event("swap", module="scoring")
