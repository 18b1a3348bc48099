"""``/docs``: the interface as one page, made here, with nothing from another host and no script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse, JSONResponse, Response

Schema = Mapping[str, Any]


def docs_page(app: FastAPI) -> APIRouter:
    """The routes of the page, its style and the document it is made of.

    Parameters
    ----------
    app : FastAPI
        The application that it describes.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    async def docs() -> Response:
        return HTMLResponse(page(app.openapi()))

    @routes.get("/openapi.json")
    async def openapi() -> Response:
        return JSONResponse(app.openapi())

    @routes.get("/docs.css")
    async def style() -> Response:
        return Response(_STYLE, media_type="text/css")

    return routes


def page(document: Schema) -> str:
    """The page of an OpenAPI document.

    Parameters
    ----------
    document : mapping
        The document.
    """
    info, schemas = document["info"], document["components"]["schemas"]
    body = "".join(
        _operation(method, path, operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(info["title"])} API</title><link rel="stylesheet" href="docs.css"></head><body><main>'
        f"<h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>"
        f"<p>{escape(info['description'])} Errors are problem details (RFC 9457) and name every fault. "
        'For tools: <a href="openapi.json">openapi.json</a>.</p>'
        f"{body}</main></body></html>"
    )


def _operation(method: str, path: str, operation: Schema, schemas: Schema) -> str:
    described = "".join(f"<p>{_prose(part)}</p>" for part in operation.get("description", "").split("\n\n"))
    parts = [
        f"<section><h2><code>{method.upper()} {escape(path)}</code> {escape(operation['summary'])}</h2>",
        described,
        _parameters(operation),
        _body("Request", operation.get("requestBody", {}), schemas),
        _call(method, path, operation, schemas),
    ]
    for status, response in operation["responses"].items():
        if status == "200":
            parts.append(_body("Answer", response, schemas))
    failures = [status for status in operation["responses"] if not status.startswith("2")]
    if failures:
        parts.append(f"<p>Problems: {', '.join(failures)}.</p>")
    return "".join([*parts, "</section>"])


def _parameters(operation: Schema) -> str:
    rows: list[tuple[str, Schema, bool]] = [
        (
            one["name"],
            {"description": one.get("description", ""), **one["schema"]},
            one.get("required", False),
        )
        for one in operation.get("parameters", ())
    ]
    return _table("Parameters", rows, {}) if rows else ""


def _body(title: str, carrier: Schema, schemas: Schema) -> str:
    schema = carrier.get("content", {}).get("application/json", {}).get("schema", {})
    return "".join(_tables(title, schema, schemas)) if schema else ""


def _tables(title: str, schema: Schema, schemas: Schema) -> Iterator[str]:
    """A table for the object itself, then one for each object inside it."""
    forms = schema.get("oneOf", [schema])
    waiting, seen = [(title if at == 0 else "Or", form) for at, form in enumerate(forms)], set()
    while waiting:
        heading, one = waiting.pop(0)
        name = _name(one)
        if name is None or name in seen:
            continue
        seen.add(name)
        fields = schemas[name].get("properties", {})
        required = schemas[name].get("required", ())
        yield _table(heading, [(field, inner, field in required) for field, inner in fields.items()], schemas)
        waiting += [(f"{field} ({_type(inner)})", inner) for field, inner in fields.items()]


def _table(title: str, rows: list[tuple[str, Schema, bool]], schemas: Schema) -> str:
    lines = "".join(
        f"<tr><th scope=row><code>{escape(name)}</code></th><td>{escape(_type(schema))}</td>"
        f"<td>{_prose(_meaning(schema, schemas))}{'' if required else ' <i>Optional.</i>'}</td></tr>"
        for name, schema, required in rows
    )
    return f"<h3>{escape(title)}</h3><table><tbody>{lines}</tbody></table>"


def _name(schema: Schema) -> str | None:
    """The object that a schema speaks of, if it does."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    inner = [schema["items"]] if "items" in schema else schema.get("anyOf", schema.get("oneOf", ()))
    return next((name for name in map(_name, inner) if name), None)


def _prose(text: str) -> str:
    """Words, with what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def _meaning(schema: Schema, schemas: Schema) -> str:
    named = schemas.get(_name(schema) or "", {})
    return str(schema.get("description") or named.get("description", ""))


def _type(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return " | ".join(str(one) for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        inner = schema.get("items") or schema.get("prefixItems", [{}])[0]
        return f"list of {_type(inner)}"
    named = _name(schema)
    return named or str(schema.get("format") or schema.get("type", "any"))


def _call(method: str, path: str, operation: Schema, schemas: Schema) -> str:
    """The call as one would type it."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    for one in operation.get("parameters", ()):
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(one["schema"]["examples"][0]))
    if not schema:
        verb = "" if method == "get" else f"-X {method.upper()} "
        return f"<pre>curl -s {verb}http://127.0.0.1:8000{escape(path)}</pre>"
    body = json.dumps(_example(schema, schemas), ensure_ascii=False)
    text = (
        f"curl -s -X {method.upper()} http://127.0.0.1:8000{path} "
        f"-H 'content-type: application/json' -d '{body}'"
    )
    return f"<pre>{escape(text)}</pre>"


def _example(schema: Schema, schemas: Schema) -> Any:
    """What must be given, else what can be, with the examples that the fields carry."""
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_example(schema["items"], schemas)]
    one = schemas[_name(schema) or ""]
    fields = one["properties"]
    shown = one.get("required") or [name for name, field in fields.items() if "examples" in field]
    return {name: _example(fields[name], schemas) for name in shown}


_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, "Hiragino Sans", "Noto Sans JP", sans-serif; }
body { margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 small { font-weight: normal; opacity: .7; font-size: 1rem; }
section { border-top: 1px solid #8886; padding: .5rem 0 1rem; }
h2 { font-size: 1.1rem; } h2 code { margin-right: .5rem; } h3 { font-size: .95rem; margin: .8rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th { width: 11rem; } td:nth-child(2) { width: 13rem; } td, th { overflow-wrap: break-word; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #8883; }
th { font-weight: normal; }
@media (max-width: 40rem) {
  tr { display: block; border-bottom: 1px solid #8883; padding: .3rem 0; }
  th, td, td:nth-child(2) { display: block; width: auto; border: 0; padding: 0; }
}
pre { background: #8882; padding: .6rem; border-radius: .3rem; white-space: pre-wrap; overflow-wrap: anywhere; }
"""
