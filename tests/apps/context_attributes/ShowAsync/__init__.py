from __app__.describe import describe


async def main(req, context):
    return describe(context)
