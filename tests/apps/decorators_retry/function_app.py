import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="twice")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:00")
def fails_twice(req, context):
    retry = context.retry_context
    if retry.retry_count < 2:
        raise RuntimeError(f"attempt {retry.retry_count}")
    return json.dumps([retry.retry_count, retry.max_retry_count])


@app.route(route="always")
@app.retry(strategy="exponential_backoff", max_retry_count="1", minimum_interval="00:00:00", maximum_interval="00:00:01")
def fails_always(req):
    raise RuntimeError("no luck")
