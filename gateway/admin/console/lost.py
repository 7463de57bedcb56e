"""Who asks for a page that is not there: a browser is shown one that says so, programs get the problem as ever."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from gateway.admin.problems import NO_SUCH_METHOD, NO_SUCH_PATH, Handler, Problem, problem_of

Lost = Callable[[Problem, web.Request], Awaitable[web.Response]]
NO_PAGES: Final = ("/api/", "/static/", "/livez", "/readyz", "/metrics")
ADVICE: Final = {
    NO_SUCH_PATH: "the address may be mistyped, or what it led to is no more",
    NO_SUCH_METHOD: "it shows what came of a form and has no address of its own: go back, or begin anew",
}


def guided(lost: Lost) -> Middleware:
    """A middleware that has browsers shown a page where there is none at a path of the console."""

    @web.middleware
    async def guide(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            problem = problem_of(error)
            if problem.kind not in ADVICE or not _is_for_a_browser(request):
                raise
            return await lost(Problem(problem.kind, ADVICE[problem.kind], headers=problem.headers), request)

    return guide


def _is_for_a_browser(request: web.Request) -> bool:
    is_page = not any(request.path == path or request.path.startswith(path) for path in NO_PAGES)
    return is_page and "text/html" in request.headers.get("Accept", "")
