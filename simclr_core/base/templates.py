"""Render HTML from templates; every value is escaped unless its maker marked it as safe.

The templates are in assets/templates, one folder per page.
"""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .paths import ASSETS

_ENVIRONMENT = Environment(  # caches compiled templates until their files change
    loader=FileSystemLoader(ASSETS / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, /, **values: object) -> Markup:
    """Return the HTML of a template, without empty lines, which would end HTML in Markdown.

    Args:
        name: the file in assets/templates without its ending, such as "runs/line".
        values: the values that the template names. Only a `Markup` is inserted unescaped; a
            function that returns one must have escaped what came from users.

    Raises:
        jinja2.TemplateNotFound: there is no such template.
        jinja2.UndefinedError: a value that the template names is missing.
    """
    html = _ENVIRONMENT.get_template(f"{name}.html").render(values)
    lines = (line for line in html.split("\n") if line.strip())
    return Markup("\n".join(lines).encode(errors="replace").decode())  # paths may hold surrogates
