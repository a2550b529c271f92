import azure.functions as func

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="async-items", connection="AzureWebJobsStorage")
async def take(message: func.QueueMessage) -> None:
    pass


@app.queue_trigger(arg_name="message", queue_name="sync-items", connection="AzureWebJobsStorage")
def take_sync(message: func.QueueMessage) -> None:
    pass
