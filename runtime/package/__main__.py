"""python -m cowbird: runs the program of this installation."""
import os
import sys
import sysconfig


def _candidates():
    here = os.path.dirname(os.path.abspath(__file__))
    yield os.path.join(here, "bin", "cowbird")
    # Where the scripts of this installation are: of an environment, --user,
    # --target, pip's isolated builds. What the interpreter calls its scripts
    # folder may hold another cowbird.
    for up in ("..", os.path.join("..", "..", ".."),
               os.path.join("..", "..", "..", "..")):
        yield os.path.abspath(os.path.join(here, up, "bin", "cowbird"))
    yield os.path.join(sysconfig.get_path("scripts"), "cowbird")
    yield os.path.join(os.path.dirname(sys.executable), "cowbird")


def find_program():
    for path in _candidates():
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    sys.exit("error: no cowbird program beside %s: install the package again"
             % sys.executable)


def main():
    path = find_program()
    os.execv(path, [path] + sys.argv[1:])


if __name__ == "__main__":
    main()
