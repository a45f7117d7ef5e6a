"""What the claims share: refusals, and values with methods of their own."""


def raises(kind, words, function, *args, **named):
    try:
        function(*args, **named)
    except Exception as error:
        assert type(error) is kind, (type(error), error)
        assert words in str(error), str(error)
        return
    raise AssertionError("%r%r did not raise %s" % (function, args, kind))


class Index:
    def __index__(self):
        return 5


class Bad:
    def __index__(self):
        raise KeyError("no index")

    __float__ = __bool__ = __index__

    def __repr__(self):
        raise KeyError("no repr")
