import http.client


def main(req):
    return http.client.responses[200] + " " + __name__
