import azure.functions as func

from orders.routes import orders
from status import bp

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(bp)
app.register_blueprint(orders)


@app.route(route="own")
def own(req):
    return "of the app"
