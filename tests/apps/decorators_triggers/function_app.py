import datetime
import logging

import azure.functions as func

app = func.FunctionApp()


@app.function_name(name="mytimer")
@app.timer_trigger(schedule="00:00:01", arg_name="mytimer", run_on_startup=True, use_monitor=False)
@app.queue_output(arg_name="ticks", queue_name="ticks", connection="AzureWebJobsStorage")
def test_function(mytimer: func.TimerRequest, ticks: func.Out[str]) -> None:
    utc_timestamp = datetime.datetime.now(datetime.timezone.utc).isoformat()
    if mytimer.past_due:
        logging.info("The timer is past due!")
    logging.info("Python timer trigger function ran at %s", utc_timestamp)
    ticks.set(utc_timestamp)


@app.schedule(schedule="0 0 4 * * *", arg_name="nightly")
def cleanup(nightly: func.TimerRequest) -> None:
    logging.info("cleanup, status %s", nightly.schedule_status)


@app.blob_trigger(arg_name="myblob", path="samples/{blobname}", connection="AzureWebJobsStorage")
@app.blob_output(arg_name="copy", path="copies/{blobname}", connection="AzureWebJobsStorage")
def test_blob(myblob: func.InputStream, copy: func.Out[bytes]) -> None:
    logging.info("Python blob trigger function processed blob Name: %s Blob Size: %s bytes", myblob.name, myblob.length)
    copy.set(myblob.read())
