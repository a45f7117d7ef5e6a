"""What the program does to each artefact of tcc's, for tests that have no
program: tcc asks for no non-executable stack, and from 2.41 on glibc loads no
library that wants an executable one."""
import struct

GNU_STACK, GNU_RELRO = 0x6474E551, 0x6474E552
READ_WRITE = 6


def forbid_executable_stack(path):
    """Makes the header that tells the loader of read-only tables, which may
    be left out, one that tells it of the stack (64-bit ELF)."""
    with open(path, "r+b") as file:
        head = file.read(64)
        start, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        for at in range(start, start + size * count, size):
            file.seek(at)
            kind, = struct.unpack("<I", file.read(4))
            if kind in (GNU_STACK, GNU_RELRO):
                file.seek(at)
                file.write(struct.pack("<IIQQQQQQ", GNU_STACK, READ_WRITE,
                                       0, 0, 0, 0, 0, 16))
                return
    raise AssertionError("%s has no header to spare" % path)
