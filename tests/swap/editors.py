"""The ways in which editors and tools put new text into a file. Each takes
the file's path and its new text. What pauses is the editor, so that half
written states last long enough to be seen; no test waits by it."""
import mmap
import os
import subprocess
import sys
import time

PAUSE = 0.02


def writes_in_place(path, text):
    """nano, VS Code: truncates, writes, closes."""
    path.write_text(text)


def truncates_and_thinks(path, text):
    """`generate > file.c`: the shell truncates long before the text comes."""
    with open(path, "w") as file:
        time.sleep(10 * PAUSE)  # the generator
        file.write(text)


def writes_in_ten_chunks(path, text):
    """A slow writer, 200 ms from first to last."""
    size = len(text) // 10 + 1
    with open(path, "w") as file:
        for start in range(0, len(text), size):
            file.write(text[start:start + size])
            file.flush()
            time.sleep(PAUSE)  # the editor


def writes_and_syncs(path, text):
    """VS Code: waits for the disk before it closes."""
    with open(path, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def renames_over(path, text):
    """Atomic writers: a sibling takes the name."""
    sibling = path.with_name(path.name + ".tmp")
    sibling.write_text(text)
    os.replace(sibling, path)


def renames_from_elsewhere(path, text):
    """The sibling lies in another folder of the same disk."""
    other = path.parent.parent / "elsewhere"
    other.write_text(text)
    os.replace(other, path)


def renames_like_jetbrains(path, text):
    """Old aside, new in place, old removed."""
    new = path.with_name(path.name + "___jb_tmp___")
    old = path.with_name(path.name + "___jb_old___")
    new.write_text(text)
    os.rename(path, old)
    os.rename(new, path)
    old.unlink()


def backs_up_like_vim(path, text):
    """Tries the folder, moves the old one aside, writes anew."""
    probe = path.with_name("4913")
    swap = path.with_name(f".{path.name}.swp")
    swap.write_text("b0VIM")
    probe.touch()
    probe.unlink()
    backup = path.with_name(path.name + "~")
    os.rename(path, backup)
    with open(path, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o644)
    backup.unlink()
    swap.unlink()


def backs_up_like_emacs(path, text):
    """A lock that is a dangling link, an auto-save file, a backup kept."""
    lock = path.with_name(f".#{path.name}")
    draft = path.with_name(f"#{path.name}#")
    os.symlink("somebody@somewhere.42", lock)
    draft.write_text(text)
    os.rename(path, path.with_name(path.name + "~"))
    path.write_text(text)
    path.chmod(0o644)
    draft.unlink()
    lock.unlink()


def edits_like_sed(path, text):
    """sed -i: sedXXXXXX, then a rename."""
    other = path.with_name("sedAb12Cd")
    other.write_text(text)
    os.replace(other, path)


def deletes_and_writes(path, text):
    path.unlink()
    path.write_text(text)


def links_in_place(path, text):
    """A second name for a file that is whole already."""
    other = path.parent.parent / "elsewhere"
    other.write_text(text)
    path.unlink()
    os.link(other, path)
    other.unlink()


def writes_through_a_map(path, text):
    """No write ever happens: the size, then the pages, then the close."""
    data = text.encode()
    with open(path, "r+b") as file:
        file.truncate(len(data))
        with mmap.mmap(file.fileno(), len(data)) as pages:
            pages[:] = data


def writes_from_another_process(path, text):
    subprocess.run([sys.executable, "-c",
                    "import sys; open(sys.argv[1], 'w').write(sys.argv[2])",
                    str(path), text], check=True)


ALL = [value for value in list(globals().values())
       if callable(value) and getattr(value, "__module__", "") == __name__]
