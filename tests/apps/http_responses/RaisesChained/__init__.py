def main(req):
    try:
        return {}["missing"]
    except KeyError as error:
        raise RuntimeError("the outer error") from error
