"""HTML from templates: every value is escaped, unless the function that made it marked it as safe.

Templates are in assets/templates, in a folder for each page.
"""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .paths import ASSETS

_ENVIRONMENT = Environment(  # keeps compiled templates, and reads a file again when it changed
    loader=FileSystemLoader(ASSETS / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(name: str, /, **values: object) -> Markup:
    """Return the HTML of a template, without empty lines: in Markdown, they would end the HTML.

    Args:
        name: of the file in assets/templates without its ending, such as "runs/card".
        values: what the template names. Only a `Markup` goes in as it is; a function that returns
            one has escaped what it took from people.

    Raises:
        jinja2.TemplateNotFound: there is no such template.
        jinja2.UndefinedError: the template names a value that is not given.
    """
    html = _ENVIRONMENT.get_template(f"{name}.html").render(values)
    lines = (line for line in html.split("\n") if line.strip())
    return Markup("\n".join(lines).encode(errors="replace").decode())  # paths: halves of letters
