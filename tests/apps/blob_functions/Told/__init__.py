import azure.functions as func


def main(blob: func.InputStream) -> str:
    return f"{blob.name}: {blob.read().decode()}"
