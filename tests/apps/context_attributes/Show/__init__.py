import azure.functions as func

from __app__.describe import describe


def main(req: func.HttpRequest, context: func.Context) -> str:
    return describe(context)
