"""Todos over HTTP, kept by SQLite."""
import contextlib
import os

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel

import todo


class Item(BaseModel):
    title: str


@contextlib.asynccontextmanager
async def lifespan(app):
    with todo.store_open(os.environ.get("TODO_DB", "todo.db")) as store:
        app.state.store = store
        yield


app = FastAPI(lifespan=lifespan)


# Not async: FastAPI runs these in threads, and the C lets go of the GIL.
@app.get("/todos")
def list_todos(only_open: bool = False):
    text = todo.store_list(app.state.store, only_open)
    return Response(text, media_type="application/json")


@app.post("/todos", status_code=201)
def add_todo(item: Item):
    try:
        return {"id": todo.store_add(app.state.store, item.title)}
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


@app.post("/todos/{number}/done", status_code=204)
def finish_todo(number: int):
    try:
        todo.store_finish(app.state.store, number)
    except KeyError as error:
        raise HTTPException(404, error.args[0]) from error
