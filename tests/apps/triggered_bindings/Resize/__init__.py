import azure.functions as func


def main(photo: func.InputStream, small: func.Out[bytes], msg: func.Out[str]):
    small.set(photo)
    msg.set(f"{photo.name} {photo.length}")
