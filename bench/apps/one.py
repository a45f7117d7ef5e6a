"""One process, one thread, the standard library: answers every request on
its keep-alive connections with what the C says now. Usage: one.py PORT"""
import asyncio
import os
import sys

from hot import value


class Answer(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.got = b""

    def data_received(self, data):
        self.got += data
        while b"\r\n\r\n" in self.got:
            self.got = self.got.split(b"\r\n\r\n", 1)[1]
            body = b"%d %d" % (value(), os.getpid())
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d"
                                 b"\r\n\r\n%s" % (len(body), body))


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answer, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
