"""Every case of a swap has one folder, and tests/swap/README.md lists it."""
import pathlib
import re

import pytest

SWAP = pathlib.Path(__file__).resolve().parents[1] / "swap"
COUNT = 68
ROW = re.compile(r"\| (\d+) \| (.+) \| (?:\[(\w+)\]\((\w+)\)|not yet) \|")


def rows(text):
    """(number, folder or None) of each line of the table."""
    found = [ROW.fullmatch(line) for line in text.splitlines()
             if re.match(r"\| \d", line)]
    assert all(found), "a line of the table that is none"
    assert all(match[3] == match[4] for match in found)
    return [(int(match[1]), match[3]) for match in found]


def findings(swap):
    """What does not fit, one sentence each. A case whose tests are still to
    come is 'not yet' in the table: that is the one list of them."""
    table = rows((swap / "README.md").read_text())
    if [number for number, _ in table] != list(range(1, COUNT + 1)):
        yield "the table does not have each number once, in order"
    listed = dict(table)
    seen = {}
    for folder in sorted(swap.glob("[0-9]*_*")):
        number = int(folder.name.split("_")[0])
        if number not in listed:
            yield "%s is no case" % folder.name
        if number in seen:
            yield "two folders for case %d: %s and %s" % (
                number, seen[number], folder.name)
        seen[number] = folder.name
        if not any(folder.glob("test_*.py")) \
                and not (folder / "README.md").exists():
            yield "%s has no test, and no README.md says why" % folder.name
        if listed.get(number) not in (None, folder.name):
            yield "the table has case %d in %s" % (number, listed[number])
    for number, folder in table:
        if folder is not None and number not in seen:
            yield "case %d is not in %s" % (number, folder)


def test_every_case_has_its_folder():
    assert list(findings(SWAP)) == []


ROWS = ["| %d | Something. | not yet |" % n for n in range(1, COUNT + 1)]


def tree(root, lines, *files):
    (root / "README.md").write_text("\n".join(lines))
    for name in files:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    return list(findings(root))


FIRST = "| 1 | Something. | [01_x](01_x) |"


@pytest.mark.parametrize("lines, files, said", [
    (ROWS[:-1], (), "the table does not have each number once, in order"),
    ([FIRST, *ROWS[1:]], (), "case 1 is not in 01_x"),
    ([FIRST, *ROWS[1:]], ("01_x/note.txt",),
     "01_x has no test, and no README.md says why"),
    ([FIRST, *ROWS[1:]], ("01_x/test_x.py", "01_y/test_y.py"),
     "two folders for case 1: 01_x and 01_y"),
    (ROWS, ("99_x/README.md",), "99_x is no case"),
])
def test_what_does_not_fit_is_seen(tmp_path, lines, files, said):
    assert said in tree(tmp_path, lines, *files)


def test_what_fits_is_left_alone(tmp_path):
    assert tree(tmp_path, [FIRST, *ROWS[1:]], "01_x/README.md") == []
