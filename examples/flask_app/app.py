"""A shop's price page; the price itself comes from C."""
import os

from flask import Flask, jsonify

from pricing import gross

app = Flask(__name__)
visits = 0


@app.get("/gross/<float:net>")
def show(net):
    global visits
    visits += 1
    return jsonify(gross=gross(net), visits=visits, pid=os.getpid())


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", 5000)))
