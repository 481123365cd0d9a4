"""Sphinx extension: the package's API, and lines in the chapters that lead there.

The page itself is made by `tools.site.api`; autodoc fills it from docstrings, whose sections
napoleon reads. Under a chapter's imports stands what its code uses of the package and does not
teach, each name with a link. Which names these are says `book_site`.
"""

import ast
import dataclasses
import inspect
import re
import textwrap
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.domains.python._object import PyObject

PAGE = "api"
CLASS = "api-links"
# How Sphinx writes the arguments of a long signature: a list of definitions without terms, which a
# screen reader announces as such.
ARGUMENTS = re.compile(r"<dl>\n((?:<dd>.*</dd>\n)+)</dl>")
# TensorFlow and Keras come through the backend: no names of the package.
IMPORT = re.compile(r"^(?:from|import) charrnn\b(?!\.backend)", re.M)


def import_cell(document: nodes.document) -> nodes.container | None:
    """Return the first code cell of a page that imports from the package."""
    for cell in document.findall(nodes.container):
        if "cell" in cell["classes"]:
            for block in cell.findall(nodes.literal_block):
                if "cell_input" in block.parent["classes"] and IMPORT.search(block.astext()):
                    return cell
    return None


def add_links(app: Sphinx, document: nodes.document) -> None:
    """Say under a chapter's imports where the names that it uses are described."""
    site = app.config.book_site
    names = site.get("api", {}).get(app.env.docname)
    cell = import_cell(document) if names else None
    if cell is None:
        return
    folder = "" if site["code"] == site["source"] else f"../{site['source']}/"
    line = nodes.paragraph(classes=[CLASS])
    line += nodes.Text(f"{site['words']['api_used']} ")
    for number, (name, anchor) in enumerate(names.items()):
        link = nodes.reference("", "", refuri=f"{folder}{PAGE}.html#{anchor}", internal=True)
        link += nodes.literal(name, name)
        line += [nodes.Text(", " if number else ""), link]
    cell.parent.insert(cell.parent.index(cell) + 1, line)


def write_arguments(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: Any
) -> None:
    """Write the arguments of long signatures as plain lines."""
    if page == PAGE:
        context["body"] = ARGUMENTS.sub(
            lambda found: f'<div class="arguments">\n{found[1].replace("dd>", "div>")}</div>',
            context["body"],
        )


def definition(thing: Any) -> ast.FunctionDef | ast.ClassDef | None:
    """Return the source of a function, or of a class that is nothing but its fields."""
    if inspect.isclass(thing) and not dataclasses.is_dataclass(thing):
        thing = thing.__init__
    thing = inspect.unwrap(thing)
    if not str(getattr(thing, "__module__", "")).startswith("charrnn."):
        return None
    node = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    return node if isinstance(node, ast.FunctionDef | ast.ClassDef) else None


def as_written(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str, returns: str
) -> tuple[str, str | None] | None:
    """Show a signature as its source has it.

    Autodoc would write out what the types of arrays are short for, and of Keras' classes it would
    show a `__new__` that takes anything.
    """
    node = definition(thing) if signature is not None else None
    if node is None:
        return None
    if isinstance(node, ast.ClassDef):
        fields = [ast.unparse(field) for field in node.body if isinstance(field, ast.AnnAssign)]
        return f"({', '.join(fields)})", None
    arguments = node.args
    if what != "function":
        del (arguments.posonlyargs or arguments.args)[0]  # self
    result = ast.unparse(node.returns) if node.returns and what != "class" else None
    return f"({ast.unparse(arguments)})", result


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    values = {
        # The signature has the types, an argument a line where it is long.
        "autodoc_typehints": "none",
        "maximum_signature_line_length": 60,
        "autodoc_member_order": "bysource",
        # Keras' texts about methods that a class overrides without a word.
        "autodoc_inherit_docstrings": False,
        "napoleon_numpy_docstring": False,
        "napoleon_use_ivar": True,
        "napoleon_attr_annotations": False,
        "add_module_names": False,
        "python_use_unqualified_type_names": True,
        "toc_object_entries": False,
        # A page of module names that nothing leads to.
        "html_domain_indices": False,
        # Types of other packages and of modules that the page leaves out lead nowhere.
        "nitpick_ignore_regex": [("py:.*", ".*")],
    }
    for name, value in values.items():
        app.config[name] = value
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"  # as the docstrings say; Sphinx says "Variables"
    app.connect("autodoc-process-signature", as_written)
    app.connect("doctree-read", add_links)
    app.connect("html-page-context", write_arguments)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
