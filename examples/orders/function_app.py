"""An order goes in by HTTP, waits in a queue, becomes a receipt (a blob), and is counted (a table) when the receipt is
there. A timer looks after the counter. No setting is needed beyond UseDevelopmentStorage=true."""

import json
import logging
import uuid

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
STORAGE = "AzureWebJobsStorage"


@app.route(route="orders", methods=["POST"])
@app.queue_output(arg_name="order", queue_name="orders", connection=STORAGE)
async def take_order(req: func.HttpRequest, order: func.Out[str]) -> func.HttpResponse:
    """HTTP in, queue message out."""
    try:
        quantity = int(req.get_json()["quantity"])
    except (ValueError, KeyError, TypeError):
        return func.HttpResponse('Send JSON such as {"quantity": 3}.\n', status_code=400)
    number = req.params.get("number") or uuid.uuid4().hex[:8]
    order.set(json.dumps({"number": number, "quantity": quantity}))
    return func.HttpResponse(f"Order {number}: {quantity} pieces, in the queue.\n", status_code=202)


@app.queue_trigger(arg_name="message", queue_name="orders", connection=STORAGE)
@app.blob_output(arg_name="receipt", path="receipts/{number}.txt", connection=STORAGE)
def write_receipt(message: func.QueueMessage, receipt: func.Out[str]) -> None:
    """Queue message in, blob out; the blob's name comes from the message."""
    order = message.get_json()
    logging.info("Order %s, attempt %s", order["number"], message.dequeue_count)
    receipt.set(f"Receipt {order['number']}: {order['quantity']} pieces, {order['quantity'] * 4} crowns.\n")


@app.blob_trigger(arg_name="receipt", path="receipts/{number}.txt", connection=STORAGE)
@app.table_output(arg_name="row", table_name="receipts", connection=STORAGE)
def count_receipt(receipt: func.InputStream, row: func.Out[str]) -> None:
    """Blob in, table row out."""
    logging.info("Receipt %s has %s bytes", receipt.name, receipt.length)
    row.set(json.dumps({"PartitionKey": "receipt", "RowKey": uuid.uuid4().hex, "Blob": receipt.name}))


@app.route(route="orders/{number}", methods=["GET"])
@app.blob_input(arg_name="receipt", path="receipts/{number}.txt", connection=STORAGE)
async def show_receipt(req: func.HttpRequest, receipt: func.InputStream) -> func.HttpResponse:
    """HTTP in, with a blob as a second input; a blob that is not there is None."""
    if receipt is None:
        return func.HttpResponse("No such receipt (yet).\n", status_code=404)
    return func.HttpResponse(receipt.read(), mimetype="text/plain")


@app.route(route="orders", methods=["GET"])
@app.table_input(arg_name="rows", table_name="receipts", partition_key="receipt", connection=STORAGE)
async def list_receipts(req: func.HttpRequest, rows: str) -> func.HttpResponse:
    """HTTP in, with the rows of a table as a second input."""
    return func.HttpResponse("".join(f"{row['Blob']}\n" for row in json.loads(rows)), mimetype="text/plain")


@app.timer_trigger(arg_name="timer", schedule="*/10 * * * * *")
@app.blob_output(arg_name="heartbeat", path="status/heartbeat.txt", connection=STORAGE)
async def beat(timer: func.TimerRequest, heartbeat: func.Out[str]) -> None:
    """Every ten seconds."""
    heartbeat.set("late\n" if timer.past_due else "on time\n")


@app.route(route="heartbeat", methods=["GET"])
@app.blob_input(arg_name="heartbeat", path="status/heartbeat.txt", connection=STORAGE)
async def show_heartbeat(req: func.HttpRequest, heartbeat: func.InputStream) -> func.HttpResponse:
    """What the timer wrote last."""
    return func.HttpResponse(b"none yet\n" if heartbeat is None else heartbeat.read(), mimetype="text/plain")
