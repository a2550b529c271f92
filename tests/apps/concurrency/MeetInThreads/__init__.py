import threading

gate = threading.Barrier(2)


def main(req):
    try:
        gate.wait(float(req.params["seconds"]))
    except threading.BrokenBarrierError:
        gate.reset()
        return "alone in " + threading.current_thread().name
    return "met in " + threading.current_thread().name
