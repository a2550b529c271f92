from __app__.sockets import some_nonblocking_socket_io_op  # added


# Runs with asyncio directly

async def main(req):  # added: req
    await some_nonblocking_socket_io_op()
    return 'a coroutine has read the line'  # added
