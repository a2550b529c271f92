import json  # added

LOADS = []  # added


def load_json():  # added
    LOADS.append('one')  # added
    return json.loads('{"answer": 42}')  # added


CACHED_DATA = None


def main(req):
    global CACHED_DATA
    if CACHED_DATA is None:
        CACHED_DATA = load_json()

    # ... use CACHED_DATA in code
    return f'{CACHED_DATA["answer"]} after {len(LOADS)} load'  # added
