import json
import logging

import azure.functions as func


def main(myblob: func.InputStream, outputblob: func.Out[bytes], seen: func.Out[str]) -> None:
    logging.info("Python blob trigger function processed blob %s (%s bytes)", myblob.name, myblob.length)
    content = myblob.read()
    outputblob.set(content[:4])
    seen.set(
        json.dumps(
            {
                "name": myblob.name,
                "uri": myblob.uri,
                "length": myblob.length,
                "metadata": myblob.metadata,
                "type": myblob.blob_properties["ContentType"],
            }
        )
    )
