"""Blocks that can be moved, by how they are left."""

LEAVING = {
    "an output": """
        def run():
            a = 1
            # <
            b = a + 1
            # >
            return b
    """,
    "a return or nothing": """
        def f(x):
            # <
            if x:
                return
            # >
            seen.append(x)
        seen = []
        def run():
            return [f(0), f(1), f(2), seen]
    """,
    "a return that is never None": """
        def f(x):
            # <
            if x:
                return [x]
            # >
            return x
        def run():
            return f(0), f(1)
    """,
    "a return that may be None": """
        def f(x):
            # <
            if x in table:
                return table[x]
            # >
            return "none"
        table = {1: None, 2: 2}
        def run():
            return f(0), f(1), f(2)
    """,
    "a return of a tuple, and an output": """
        def f(x):
            # <
            if x:
                return x, 1
            y = 5
            # >
            return y
        def run():
            return f(0), f(1)
    """,
    "always returns": """
        def f(x):
            # <
            if x:
                return x
            return 7
            # >
        def run():
            return f(0), f(1)
    """,
    "an output that only break has": """
        def f(xs):
            for number, x in enumerate(xs):
                # <
                if x:
                    place = number
                    break
                # >
            else:
                place = len(xs)
            return place
        def run():
            return f([0, 0, 1, 0]), f([0, 0]), f([])
    """,
    "break, continue and return": """
        def f(xs):
            total = 0
            for x in xs:
                # <
                if x == 1:
                    continue
                if x == 2:
                    break
                if x == 3:
                    return "three", total
                total += x
                # >
            else:
                total = -total
            return total
        def run():
            return f([4, 1, 5]), f([4, 2, 9]), f([4, 3]), f([])
    """,
    "a continue with an output": """
        def f(xs):
            last = None
            for x in xs:
                # <
                if x < 0:
                    last = x
                    continue
                # >
                last = (last, x)
            return last
        def run():
            return f([1, -2, 3]), f([1, -2])
    """,
    "a loop that is left inside": """
        def f(xs):
            # <
            for x in xs:
                if x > 2:
                    break
            else:
                x = None
            # >
            return x
        def run():
            return f([1, 5, 9]), f([1])
    """,
    "a loop that is left by its else": """
        def f(rows):
            for row in rows:
                # <
                for x in row:
                    if x:
                        break
                else:
                    continue
                # >
                return row
        def run():
            return f([[0], [0, 1]]), f([[0]])
    """,
}
