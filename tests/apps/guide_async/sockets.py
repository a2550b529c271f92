"""The operations that the guide leaves out: a line sent over a socket pair and read at the other end."""  # added

import asyncio  # added
import socket  # added


async def some_nonblocking_socket_io_op():  # added
    near, far = socket.socketpair()  # added
    reader, writer = await asyncio.open_connection(sock=near)  # added
    far.sendall(b'line\n')  # added
    assert await reader.readline() == b'line\n'  # added
    writer.close()  # added
    far.close()  # added


def some_blocking_socket_io():  # added
    near, far = socket.socketpair()  # added
    far.sendall(b'line\n')  # added
    assert near.makefile('rb').readline() == b'line\n'  # added
    near.close()  # added
    far.close()  # added
