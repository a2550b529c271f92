import azure.functions as func

orders = func.Blueprint()


@orders.route(route="orders/{id}")
def order(req, context):
    return f"order {req.route_params['id']} in {context.function_directory}"
