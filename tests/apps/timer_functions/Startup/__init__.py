import json

import azure.functions as func


def main(timer: func.TimerRequest, context: func.Context) -> str:
    return json.dumps(
        {"past_due": timer.past_due, "schedule": timer.schedule, "status": timer.schedule_status}
    )
