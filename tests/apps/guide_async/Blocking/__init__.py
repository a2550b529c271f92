from __app__.sockets import some_blocking_socket_io  # added


# Runs in an asyncio thread-pool

def main(req):  # added: req
    some_blocking_socket_io()
    return 'a thread has read the line'  # added
