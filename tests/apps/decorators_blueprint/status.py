import azure.functions as func

bp = func.Blueprint()


@bp.route(route="status")
def status(req):
    return "of a blueprint"
