import json
import logging

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.event_grid_trigger(arg_name="event")
def take(event: func.EventGridEvent):
    logging.info("took %s %s %s", event.id, event.subject, event.get_json())


@app.route(route="publish")
@app.event_grid_output(
    arg_name="events", topic_endpoint_uri="MyEventGridTopicUriSetting", topic_key_setting="MyEventGridTopicKeySetting"
)
def publish(req: func.HttpRequest, events: func.Out[str]) -> str:
    events.set(req.get_body().decode())
    return "published"
