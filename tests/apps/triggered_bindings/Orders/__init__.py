import azure.functions as func


def main(msg: func.QueueMessage, draft: str, order: func.Out[bytes]) -> str:
    order.set(msg.get_body())
    return f"order {msg.get_json()['id']}, draft {draft}"
