"""For an app's interpreter: addresses that calls have left behind go away."""

# Something happens: what earlier calls left on the stack and in freed memory
# is written over, as in any app that serves.
CHURN = """
def churn(depth=40):
    rooms = [bytes(n) for n in range(0, 512, 8) for _ in range(20)]
    if depth > 0:
        return sorted([1], key=lambda _: churn(depth - 1) or 0)
churn()
"""


# A call far below whatever the app then waits in: what it leaves behind lies
# outside the stack that is in use.
DEEP = """
def deep(call, depth=40):
    if depth == 0:
        return call()
    return sorted([1], key=lambda _: deep(call, depth - 1) or 0)
"""
