"""The serializer as it was before it became the hot spot."""
import json


def dump_book(symbol, bids, asks):
    book = {"symbol": symbol,
            "bids": [[float(price), float(size)] for price, size in bids],
            "asks": [[float(price), float(size)] for price, size in asks]}
    return json.dumps(book, ensure_ascii=False, allow_nan=False,
                      separators=(",", ":")).encode()
