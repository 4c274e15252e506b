"""The Flask application: pages, API, error responses, security headers and limits."""

from collections.abc import Iterable, Sequence
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Response, abort, g, request
from flask_cors import CORS
from jinja2 import StrictUndefined
from werkzeug.routing import BaseConverter

from ..archive import Archive
from ..export import text
from ..fits.tables import is_table
from ..formatting import age, duration, measured, number, plural, rounded, size
from ..images.disk_cache import DiskCache
from ..paths import NO_PROPOSAL, proposal_name
from . import (
    access_log,
    annotating,
    api,
    context,
    download_limit,
    errors,
    identity,
    outage,
    pages,
    plots,
    rate_limit,
    renditions,
    rights,
    sessions,
    site_address,
    static_files,
    vo,
)
from .json_response import PREFIX, VO

# Pages load nothing from other hosts, and no inline script or style runs.
CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "img-src": "'self'",
    "style-src": "'self'",
    "script-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Seconds: the greatest age of what a page says about the observations while an ingest writes them;
# a page has to show a write after two seconds.
MOMENT_AGE_S = 1.0
# The response headers that scripts of other web sites may read.
EXPOSED_HEADERS = [access_log.HEADER, "Content-Disposition", "Retry-After"]
# Seconds for which browsers cache what another web site may do; they allow one day at most.
CORS_MAX_AGE_S = 86_400


class ProposalConverter(BaseConverter):
    """The proposal in a URL: its number, or a word for none, which routes receive as None."""

    regex = rf"[0-9]{{1,18}}|{NO_PROPOSAL}"

    def to_python(self, value: str) -> int | None:
        """Return the proposid."""
        return None if value == NO_PROPOSAL else int(value)


def create_app(archive: Archive, workers: int = 1, host: str = "localhost") -> Flask:
    """Return the site of an archive.

    Parameters
    ----------
    archive : Archive
        The caller closes it.
    workers : int
        Number of processes that serve the site; each allows its share of `Config.rate_limit` and
        `Config.downloads`.
    host : str
        The name or address at which this machine serves the site.

    Returns
    -------
    Flask
        A WSGI application.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = errors.MAX_BODY_LENGTH
    # The first hook of a request, so that requests refused by a later one are logged as well.
    access_log.register(app)
    outage.register(app)
    limiter = rate_limit.register(app, archive.config.rate_limit // workers)
    _refuse_long_urls(app)
    site_address.register(app, archive.config, host)
    sessions.register(app, archive.config)
    identity.register(app, archive.config, host)
    rights.register(app, archive.config)
    download_limit.register(app, max(1, archive.config.downloads // workers))
    app.extensions[context.PICTURE_CACHE] = DiskCache(
        archive.config.cache_dir or archive.config.data_dir / "cache",
        archive.config.cache_limit * 1_000_000,
    )
    app.url_map.converters["proposal"] = ProposalConverter
    archive = annotating.register(app, archive)
    app.extensions[context.ARCHIVE] = archive
    _answer_of_one_moment(app, archive)
    vo.register(app, archive)
    static_files.register(app)
    _configure_templates(app, archive)
    for blueprint in (api.blueprint, plots.blueprint, vo.blueprint, *pages.blueprints()):
        app.register_blueprint(blueprint)
    rate_limit.limit_log_ins(app, limiter, workers)
    rate_limit.limit_writes(app, limiter, workers)
    errors.register(app)
    _share(app, archive.config.cors_origins)
    app.after_request(_add_security_headers)
    return app


def _answer_of_one_moment(app: Flask, archive: Archive) -> None:
    """Let a request that only reads look once at what has changed in the database."""
    application = app.wsgi_app

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; what is streamed follows outside of the block."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return application(environ, start_response)
        with archive.one_moment(MOMENT_AGE_S):
            return application(environ, start_response)

    app.wsgi_app = answer  # type: ignore[method-assign]  # as the documentation of Flask does


def _configure_templates(app: Flask, archive: Archive) -> None:
    """Make an undefined name in a template an error, and add filters and functions."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {
        "value": text,
        "number": number,
        "measured": measured,
        "rounded": rounded,
        "size": size,
        "duration": duration,
        "age": age,
        "plural": plural,
        "is_table": is_table,
    }
    app.jinja_env.globals |= {
        "specs": archive.specs,
        "observation_url": context.observation_url,
        "results_url": context.results_url,
        "proposal_name": proposal_name,
        "filters_label": context.filters_label,
        "chosen_rendition": renditions.chosen_rendition,
        "preview_url": renditions.preview_url,
        "thumbnail_url": renditions.thumbnail_url,
        "request_id": access_log.request_id,
        "style_nonce": plots.style_nonce,
        "visitor": identity.visitor,
        "log_in_url": context.log_in_url,
    }


def _refuse_long_urls(app: Flask) -> None:
    @app.before_request
    def refuse_long_url() -> None:
        """Refuse a URL that is longer than those of acsql."""
        if len(request.full_path.encode()) > errors.MAX_URL_LENGTH:
            abort(414)


def _share(app: Flask, origins: Sequence[str]) -> None:
    """Let pages of other web sites read the API and the VO services (CORS)."""
    if not origins:
        return
    any_origin = "*" in origins
    CORS(
        app,
        resources={rf"{prefix}.*": {"origins": list(origins)} for prefix in (PREFIX, VO)},
        methods=["GET"],
        send_wildcard=any_origin,
        always_send=any_origin,
        vary_header=False,
        expose_headers=EXPOSED_HEADERS,
        max_age=CORS_MAX_AGE_S,
    )

    @app.after_request
    def vary_by_origin(response: Response) -> Response:
        """Let caches keep the responses apart, also those to requests that name no origin."""
        if not any_origin and request.path.startswith((PREFIX, VO)):
            response.vary.add("Origin")
        return response


def _add_security_headers(response: Response) -> Response:
    """Add headers that the response does not set itself."""
    policy = dict(CONTENT_SECURITY_POLICY)
    if "style_nonce" in g:
        policy["style-src"] += f" 'nonce-{g.style_nonce}'"
    directives = "; ".join(f"{name} {value}" for name, value in policy.items())
    for name, value in ({"Content-Security-Policy": directives} | SECURITY_HEADERS).items():
        response.headers.setdefault(name, value)
    return response
