"""The pages to log in to an account of the site and out of it."""

from typing import Annotated

from flask import Blueprint, Response, redirect, render_template, request, url_for
from pydantic import Field
from werkzeug.wrappers import Response as BaseResponse
from wtforms import Form, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from ...accounts.passwords import MAX_LENGTH
from .. import identity
from ..context import address_of, current_archive, parameters
from ..params import Parameters

# Characters of a name, as `acsql.accounts.roles`; longer texts are not looked up.
_MAX_NAME = 64
WRONG = "The name or the password is wrong."

blueprint = Blueprint("login", __name__)


class LogInParameters(Parameters):
    """The path of the page to return to."""

    back: Annotated[str, Field(max_length=2000)] = "/"


class LogInForm(Form):
    """The form of the log-in."""

    name = StringField(
        "Name", [InputRequired("Enter your name."), Length(max=_MAX_NAME, message=WRONG)]
    )
    password = PasswordField(
        "Password", [InputRequired("Enter your password."), Length(max=MAX_LENGTH, message=WRONG)]
    )
    back = HiddenField(default="/")


@blueprint.get("/login")
def page() -> Response:
    """Show the form."""
    back = parameters(LogInParameters).back
    address_of(back)
    return _render(LogInForm(back=back))


@blueprint.post("/login")
def log_in() -> BaseResponse:
    """Begin a session if the password is right, and return to a page."""
    parameters(Parameters)
    form = LogInForm(request.form)
    target = address_of(form.back.data or "/")
    if not form.validate():
        return _render(form, 400)
    name, password = form.name.data or "", form.password.data or ""
    account = current_archive().accounts.authenticate(name, password)
    if account is None:
        identity.record("log-in refused", name)
        return _render(form, 403, WRONG)
    identity.log_in(account)
    identity.record("log in", account.name)
    return redirect(target, 303)


@blueprint.post("/logout")
def log_out() -> BaseResponse:
    """End the session."""
    parameters(Parameters)
    if user := identity.current_user():
        identity.record("log out", user.name)
    identity.log_out()
    return redirect(url_for("home.page"), 303)


def _render(form: LogInForm, status: int = 200, message: str = "") -> Response:
    shown = render_template("login.html", form=form, message=message)
    return Response(shown, status)
