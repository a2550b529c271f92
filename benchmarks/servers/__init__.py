"""What funchost is compared with: the same answer from bare uvicorn, Starlette and functions-framework."""
