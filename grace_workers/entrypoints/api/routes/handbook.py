"""The page at `/docs`, and its style sheet."""

from fastapi import APIRouter, Request, Response

from grace_workers.entrypoints.api import handbook

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs(request: Request) -> Response:
    """Return the API's own description as a page."""
    state = request.app.state
    if not hasattr(state, "handbook"):
        state.handbook = handbook.page(request.app.openapi())
    return Response(state.handbook, media_type="text/html")


@router.get("/docs/style.css")
def style() -> Response:
    """Return its style sheet."""
    return Response(handbook.style(), media_type="text/css")
