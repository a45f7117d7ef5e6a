"""Each template, as `cowbird new` writes it, edited while an app holds its
functions, instances and exceptions."""
import subprocess
import urllib.parse

import pytest

from live import Live

TEMPLATES = ["plain", "raw", "state", "type", "buffer", "serializer",
             "blocking", "handle"]

# Answers repr(eval(QUERY)); names that an expression binds stay.
APP = '''\
import array, functools, http.server, os, urllib.parse

names = {}
exec("import array, functools, os, TEMPLATES", names)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        expression = urllib.parse.unquote(self.path[2:])
        try:
            body = repr(eval(expression, names))
        except Exception as error:
            body = "%s: %s" % (type(error).__name__, error)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *words):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("port", server.server_address[1], flush=True)
server.serve_forever()
'''.replace("TEMPLATES", ", ".join("m_" + name for name in TEMPLATES))


class Project:
    def __init__(self, live):
        self.live = live

    def ask(self, expression):
        status, body = self.live.get("/?" + urllib.parse.quote(expression))
        assert status == 200
        return body

    def edit(self, template, old, new):
        name = "m_%s.c" % template
        text = (self.live.folder / name).read_text()
        assert text.count(old) == 1, text.count(old)
        self.live.save(name, text.replace(old, new))
        event = self.live.event("swap", module="m_" + template)
        assert event["moved"] == event["workers"] == 1


@pytest.fixture
def project(program, any_python, tmp_path):
    for template in TEMPLATES:
        subprocess.run([program, "new", "-q", "--python=" + any_python,
                        "m_" + template, "--template=" + template],
                       cwd=tmp_path, check=True)
    (tmp_path / "app.py").write_text(APP)
    with Live(program, tmp_path, python=any_python) as live:
        live.port()
        yield Project(live)


def test_every_template_changes_while_it_is_held(project):
    ask, edit = project.ask, project.edit

    assert ask("(kept := m_raw.total)([1, 2.5])") == "3.5"
    edit("raw", "sum += number", "sum += 2 * number")
    assert ask("kept([1, 2.5]), kept is m_raw.total") == "(7.0, True)"

    assert ask("(total := m_plain.total)(array.array('d', [1, 2]))") == "3.0"
    edit("plain", "sum += values[i]", "sum += 2 * values[i]")
    assert ask("total(array.array('d', [1, 2]))") == "6.0"
    assert ask("total is m_plain.total") == "True"
    assert ask("total([1])").startswith("TypeError: total() argument")

    assert ask("[m_state.hit('a'), m_state.hit('a')]") == "[1, 2]"
    edit("state", '"no hits for \'%s\' yet"', '"%s is new here"')
    assert ask("m_state.hits('b')") == "KeyError: 'b is new here'"
    assert ask("m_state.hit('a')") == "3"

    assert ask("m_handle.average_add(h := m_handle.average_new('x'), 3)") \
        == "3.0"
    edit("handle", "a->sum / (double)a->count",
         "a->sum / (double)a->count * 100")
    assert ask("m_handle.average_mean(h)") == "300.0"

    assert ask("(a := m_type.Average('x')).add(3)") == "3.0"
    edit("type", "self->sum / (double)self->count",
         "self->sum / (double)self->count * 100")
    assert ask("[a.mean, a.add(5), a.count]") == "[300.0, 400.0, 2]"
    assert ask("type(a) is m_type.Average") == "True"

    assert ask("m_buffer.total(numbers := array.array('d', [1, 2]))") == "3.0"
    edit("buffer", "sum += values[i]", "sum -= values[i]")
    assert ask("m_buffer.total(numbers)") == "-3.0"

    assert ask("(dump := functools.partial(m_serializer.dump_book, 'x'))"
               "(none := m_serializer.level.array(0), none)") \
        == repr(b'{"symbol":"x","bids":[],"asks":[]}')
    edit("serializer", r'"{\"symbol\":"', r'"{\"market\":"')
    assert ask("dump(none, none)") == repr(
        b'{"market":"x","bids":[],"asks":[]}')

    assert ask("m_blocking.checksum(os.devnull)") == "1"
    edit("blocking", "struct sum sum = {1, 0};",
         "struct sum sum = {7, 0};")
    assert ask("m_blocking.checksum(os.devnull)") == "7"
