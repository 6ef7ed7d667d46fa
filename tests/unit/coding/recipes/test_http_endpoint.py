"""An endpoint is written where the repository's own routes are, and like them: no test runs here."""

from collections.abc import Mapping
from typing import Any

import pytest

from grace_workers.coding import Reason
from grace_workers.coding.reason import ReasonCode
from grace_workers.coding.recipes.recipe import RecipeFiles
from tests.unit.coding.recipes.test_writing import wrote

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
PRICE = "def price(number: int, currency: str = 'EUR'):\n    'Return what an order costs.'\n"
ROUTED = {
    "shop/__init__.py": "",
    "shop/order.py": PRICE,
    "shop/main.py": f"from shop.routes import item, user\n\n{APP}app.include_router(item.router, prefix='/api')\n"
    "app.include_router(user.router, prefix='/api')\n",
    "shop/routes/item.py": "from fastapi import APIRouter\n\nrouter = APIRouter(prefix='/item', tags=['item'])\n\n\n"
    "@router.get('/all')\ndef get_all(): ...\n",
    "shop/routes/user.py": "from fastapi import APIRouter\n\nrouter = APIRouter(prefix='/user', tags=['user'])\n\n\n"
    "@router.get('/all_of_them')\ndef get_all(): ...\n\n\n@router.get('/one_of_them')\ndef get_one(): ...\n",
}
FACTORY = {
    "site/__init__.py": "from flask import Flask\n\n\ndef create_app(config=None):\n    app = Flask(__name__)\n"
    "    from site.blog import bp\n\n    app.register_blueprint(bp)\n    return app\n",
    "site/blog.py": "from flask import Blueprint\n\nbp = Blueprint('blog', __name__)\n\n\n"
    "@bp.route('/posts', methods=['GET'])\ndef posts_view(): ...\n",
    "site/order.py": PRICE,
}


def written(files: Mapping[str, str], **options: Any) -> RecipeFiles:
    found = wrote("http_endpoint", files, **options)
    assert isinstance(found, RecipeFiles), found
    return found


def refused(files: Mapping[str, str], **options: Any) -> Reason:
    found = wrote("http_endpoint", files, **options)
    assert isinstance(found, Reason)
    return found


def test_where_routers_have_a_folder_a_new_one_is_there_with_a_prefix_and_tags() -> None:
    found = written(ROUTED, function="shop/order.py::price", method="GET")
    text = found.new["shop/routes/order.py"]
    assert 'router = APIRouter(prefix="/order", tags=["order"])\n' in text
    assert "@router.get(\"/price\")\ndef get_price(number: int, currency: str = 'EUR') -> Any:\n" in text
    assert '    """Return what an order costs."""\n' in text
    main = found.changed["shop/main.py"]
    assert "from shop.routes.order import router as order_router\n" in main
    assert main.endswith('app.include_router(order_router, prefix="/api")\n')
    assert 'PATH = "/api/order/price"' in found.tests["tests/test_get_price.py"]


def test_words_of_a_path_are_joined_as_in_most_others() -> None:
    files = {**ROUTED, "shop/user_list.py": "def make_one(name: str): ...\n"}
    found = written(files, function="shop/user_list.py::make_one")
    assert '@router.post("/make_one")\n' in found.new["shop/routes/user_list.py"]


def test_a_router_of_the_same_name_gets_the_route_after_its_last() -> None:
    files = {**ROUTED, "shop/item.py": "def found(word: str): ...\n"}
    found = written(files, function="shop/item.py::found", path="/api/item/found/{word}", method="GET")
    assert found.new == {}
    assert found.changed.keys() == {"shop/routes/item.py"}
    text = found.changed["shop/routes/item.py"]
    assert text.startswith("from fastapi import APIRouter\nfrom typing import Any\nfrom shop.item import found\n")
    assert text.endswith('@router.get("/found/{word}")\ndef get_found(word: str) -> Any:\n'
                         '    """Call found."""\n    return found(word=word)\n')  # fmt: skip


def test_a_function_that_makes_the_application_gets_the_blueprint_beside_the_others() -> None:
    found = written(FACTORY, function="site/order.py::price", method="POST")
    made = found.changed["site/__init__.py"]
    assert made.endswith(
        "    app.register_blueprint(bp)\n\n    from site.order_routes import bp as order_routes_bp\n\n"
        "    app.register_blueprint(order_routes_bp)\n    return app\n"
    )
    text = found.new["site/order_routes.py"]
    assert '@bp.route("/price", methods=["POST"])\ndef price_view() -> Any:\n' in text
    assert "client = create_app().test_client()" in found.tests["tests/test_price_view.py"]


def test_routes_of_an_application_that_they_import_stay_together() -> None:
    files = {
        "web/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\n\nfrom web import pages\n",
        "web/pages.py": "from web import app\n\n\n@app.get('/')\ndef home(): ...\n\n\nLAST = 1\n",
        "web/order.py": PRICE,
    }
    found = written(files, function="web/order.py::price", path="/prices/{number}", method="GET")
    text = found.changed["web/pages.py"]
    assert '@app.get("/prices/<int:number>")\ndef price_endpoint(number: int) -> Any:\n' in text
    assert text.endswith("\n\n\nLAST = 1\n")


def test_an_asynchronous_function_is_awaited() -> None:
    files = {"a.py": APP, "b.py": "async def price(number: int): ...\n"}
    text = written(files, function="b.py::price").new["b_routes.py"]
    assert "async def price_endpoint(number: Annotated[int, Body(embed=True)]) -> Any:\n" in text
    assert "    return await price(number=number)\n" in text


def test_errors_that_are_named_have_their_statuses() -> None:
    files = {"a.py": APP, "b.py": "class Gone(Exception): ...\n\n\ndef price(): ...\n"}
    found = written(files, function="b.py::price", refusals={"Gone": 404, "ValueError": 400})
    text = found.new["b_routes.py"]
    assert "from b import Gone, price\n" in text
    assert "    except Gone as error:\n        raise HTTPException(404, str(error)) from error\n" in text
    assert "[(routes.Gone, 404), (ValueError, 400)]" in found.tests["tests/test_price_endpoint.py"]


GUARDED = "\n\n@app.get('/a', dependencies=[Depends(user)])\ndef a(): ...\n"


@pytest.mark.parametrize(
    ("files", "options", "words"),
    [
        ({"a.py": "x = 1\n"}, {}, "No module makes a FastAPI or Flask application at its top level or in a function."),
        ({"a.py": APP, "c.py": APP}, {}, "Several files make a FastAPI or Flask application: a.py, c.py;"),
        ({"a.py": APP}, {"application": "b.py"}, "b.py makes no FastAPI or Flask application"),
        ({"a.py": APP, "b.py": "x = 1\n"}, {}, "b.py has no function 'price'."),
        ({"a.py": APP, "b.py": "def price(*x): ...\n"}, {}, "it takes any number of arguments"),
        ({"a.py": APP, "b.py": "def price(x: list): ...\n"}, {}, "x is a list"),
        ({"a.py": APP, "b.py": "def price(_x: int): ...\n"}, {}, "begins with an underscore"),
        ({"a.py": APP, "b.py": "def price(price: int): ...\n"}, {}, "has a name that the endpoint needs itself"),
        ({"a.py": APP, "b.py": "def price():\n    yield 1\n"}, {}, "it is a generator"),
        ({"a.py": APP.replace("FastAPI", "Flask"), "b.py": "async def price(): ...\n"}, {}, "it is asynchronous"),
        ({"a.py": APP}, {"path": "/a/{who}"}, "price has no parameter 'who', which the path gives."),
        ({"a.py": APP, "b.py": "def price(x: bool): ...\n"}, {"path": "/a/{x}"}, "x is a switch"),
        ({"a.py": f"{APP}\n\n@app.get('/a/{{x}}')\ndef a(x): ...\n"}, {"path": "/a/{number}", "method": "GET"},
         "GET /a/{number} is answered by a of a.py already."),
        ({"a.py": f"{APP}{GUARDED}"}, {}, "1 of 1 routes are guarded, one by dependencies=[Depends(user)]"),
        ({"a.py": f"{APP}\nprice = 1\n\n\n@app.get('/a')\ndef a(): ...\n"}, {}, "a.py has a name 'price' already."),
        ({**ROUTED, "b.py": PRICE, "shop/routes/b.py": "from fastapi import APIRouter\n\nrouter = APIRouter()\n"
          "\n\n@router.get('/x')\ndef x(): ...\n", "shop/main.py": ROUTED["shop/main.py"]
          + "from shop.routes import b\napp.include_router(b.router, prefix='/b')\n"},
         {"path": "/a"}, "Paths of shop/routes/b.py, where it belongs, begin with /b; /a does not."),
    ],
)  # fmt: skip
def test_an_endpoint_that_does_not_fit_says_why(files: Mapping[str, str], options: dict[str, Any], words: str) -> None:
    given = {"b.py": PRICE, **files}
    assert words in refused(given, function="b.py::price", **options).message


@pytest.mark.parametrize(
    ("guard", "is_one"),
    [
        ("user=Depends(get_user)", True),
        ("claims=Depends(verify_jwt)", True),
        ("_=Depends(RequireScope('x'))", True),
        ("db=Depends(get_session)", False),
        ("user: NewUser", False),
    ],
)
def test_who_asks_is_looked_for_in_each_usual_spelling(guard: str, is_one: bool) -> None:
    files = {"a.py": f"{APP}\n\n@app.get('/a')\ndef a({guard}): ...\n", "b.py": PRICE}
    found = wrote("http_endpoint", files, function="b.py::price")
    assert (isinstance(found, Reason) and found.code is ReasonCode.UNSAFE) is is_one


def test_an_unguarded_endpoint_among_guarded_ones_is_written_when_asked_for() -> None:
    files = {"a.py": f"{APP}{GUARDED}", "b.py": PRICE}
    found = written(files, function="b.py::price", open=True)
    assert "the other routes are guarded; this one is not, as was asked" in found.story


def test_a_function_in_the_file_of_the_application_needs_a_route_there() -> None:
    assert "would have to import itself" in refused({"a.py": f"{APP}\n\n{PRICE}"}, function="a.py::price").message
    files = {"a.py": f"{APP}\n\n{PRICE}\n\n@app.get('/a')\ndef a(): ...\n"}
    assert "return price(" in written(files, function="a.py::price").changed["a.py"]
