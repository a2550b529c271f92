import azure.functions as func

app = func.FunctionApp()
other = func.FunctionApp()


@app.route(route="hello")
def hello(req):
    return "never"
