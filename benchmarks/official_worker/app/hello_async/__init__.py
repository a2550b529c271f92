import azure.functions as func


async def main(req: func.HttpRequest) -> str:
    return "Hello, world!"
