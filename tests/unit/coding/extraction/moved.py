"""Blocks that can be moved, by what is special about them."""

from tests.unit.coding.extraction.leaving_blocks import LEAVING

MOVED = {
    "exec that is given its names": """
        def run():
            known = {"x": 2}
            # <
            exec("y = x + 1", known)
            z = eval("y * 2", globals(), known)
            # >
            return z, known["y"]
    """,
    **LEAVING,
    "stack levels": """
        import inspect, logging, warnings
        log = logging.getLogger("levels")
        def measured_stack_level():
            frame = inspect.currentframe().f_back
            level = 1
            while frame.f_code.co_name != "run":
                frame, level = frame.f_back, level + 1
            return level
        def f():
            # <
            warnings.warn("by position", UserWarning, 2)
            warnings.warn("by name", stacklevel=2)
            warnings.warn("measured", stacklevel=measured_stack_level())
            log.error("logged", stacklevel=2)
            def old():
                warnings.warn("nested", stacklevel=2)
            # >
            return old
        def run():
            seen = []
            log.filters[:] = [lambda record: seen.append(record.funcName)]
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                here = inspect.currentframe().f_lineno + 1
                old = f()
                old()
            return seen, [(str(one.message), one.lineno - here) for one in caught]
    """,
    "self": """
        class A:
            def __init__(self):
                self.n = 1
            def f(self, x):
                # <
                self.n += x
                y = self.n * 2
                # >
                return y
        def run():
            a = A()
            return a.f(2), a.n
    """,
    "cls": """
        class A:
            made = 0
            @classmethod
            def f(cls, x):
                # <
                cls.made += x
                # >
                return cls.made
        class B(A):
            pass
        def run():
            return B.f(2), A.made, B.made
    """,
    "super and a private name": """
        class A:
            def f(self):
                return "A"
        class B(A):
            def f(self):
                self.__x = 3
                # <
                y = super().f() * self.__x
                # >
                return y
        def run():
            return B().f()
    """,
    "a new object": """
        class A:
            def __new__(cls, x):
                # <
                made = super().__new__(cls)
                made.x = x
                # >
                return made
        def run():
            return A(3).x
    """,
    "a property with a setter": """
        class A:
            _x = 1
            @property
            def x(self):
                return self._x
            @x.setter
            def x(self, value):
                # <
                if value < 0:
                    raise ValueError(value)
                self._x = value
                # >
        def run():
            a = A()
            a.x = 5
            return a.x
    """,
    "nonlocal": """
        def run():
            n = 0
            def up(k):
                nonlocal n
                # <
                n += k
                # >
                return n
            return up(1), up(2), n
    """,
    "global": """
        n = 0
        def up(k):
            global n
            # <
            n += k
            # >
            return n
        def run():
            return up(1), up(2), n
    """,
    "a nested function and what is around it": """
        def run():
            base = 10
            def f(x):
                # <
                y = x + base
                # >
                return y
            base = 20
            return f(1)
    """,
    "a coroutine": """
        import asyncio
        async def f(x):
            # <
            await asyncio.sleep(0)
            async with asyncio.Lock():
                y = [z async for z in g(x)]
            # >
            return y
        async def g(x):
            for i in range(x):
                yield i
        def run():
            return asyncio.run(f(3))
    """,
    "a generator": """
        def f(xs):
            seen = 0
            for x in xs:
                # <
                got = yield x
                if got:
                    return "stopped"
                seen += 1
                # >
            yield seen
        def run():
            g = f([1, 2, 3])
            first = [next(g), next(g)]
            try:
                g.send("stop")
            except StopIteration as stop:
                first.append(stop.value)
            return first, list(f([1, 2]))
    """,
    "a generator that is closed": """
        log = []
        def f():
            try:
                # <
                yield 1
                log.append("never")
                # >
            finally:
                log.append("closed")
        def run():
            g = f()
            next(g)
            g.close()
            return log
    """,
    "a walrus": """
        def f(x):
            # <
            if x and (m := x * 2) > 2:
                y = m
            else:
                y = 0
            # >
            return y
        def run():
            return f(0), f(1), f(2)
    """,
    "a walrus of a comprehension": """
        def f(xs):
            last = None
            # <
            found = [last := x for x in xs if x]
            # >
            return found, last
        def run():
            return f([1, 0, 2]), f([])
    """,
    "a comprehension with the name of a local": """
        def f(xs):
            x = "kept"
            # <
            ys = [x for x in xs]
            # >
            return ys, x
        def run():
            return f([1, 2])
    """,
    "a bare raise in a handler": """
        def f():
            try:
                raise KeyError("a")
            except KeyError:
                # <
                log.append(1)
                raise
                # >
        log = []
        def run():
            return f()
    """,
    "del of what is the block's own": """
        def f(x):
            # <
            t = x * 2
            y = t + 1
            del t
            # >
            return y
        def run():
            return f(2)
    """,
    "a string over lines": '''
        def f(x):
            if x:
                # <
                text = """a
            b
        c"""
                # >
                return text
        def run():
            return f(1)
    ''',
    "a return through a finally": """
        log = []
        def f(x):
            try:
                # <
                if x:
                    return x
                log.append("on")
                # >
            finally:
                log.append("finally")
            return "end"
        def run():
            return f(0), f(1), log
    """,
    "a match": """
        def f(x):
            # <
            match x:
                case [a, *rest]:
                    y = (a, rest)
                case {"k": v, **more}:
                    y = (v, more)
                case _:
                    y = None
            # >
            return y
        def run():
            return f([1, 2, 3]), f({"k": 1, "l": 2}), f(3)
    """,
    "a recursive closure of its own": """
        def f(x):
            # <
            def down(n):
                return [] if n == 0 else [n, *down(n - 1)]
            y = down(x)
            # >
            return y
        def run():
            return f(3)
    """,
    "a return of a yield": """
        def f():
            # <
            if flag:
                return (yield 1), 2
            # >
            yield 3
        flag = True
        def run():
            g = f()
            next(g)
            try:
                g.send(5)
            except StopIteration as stop:
                return stop.value
    """,
    "a block that only raises": """
        def f(x):
            if x:
                return x
            # <
            raise ValueError("no")
            # >
        def run():
            return f(1), f(0)
    """,
    "an asynchronous generator that returns": """
        import asyncio
        async def f(xs):
            for x in xs:
                # <
                if x < 0:
                    return
                y = x
                # >
                yield y
        async def all_of():
            return [x async for x in f([1, 2, -1, 3])]
        def run():
            return asyncio.run(all_of())
    """,
}
