"""Results: one JSON document for every command, as frozen objects.  SPDX-License-Identifier: LGPL-2.1-or-later"""

from __future__ import annotations

import copy
import ctypes
import html
import json
from collections.abc import Mapping
from typing import Any, Iterator

from . import _library
from ._call import Context
from ._errors import InputError

# The key a short representation shows, for commands whose first number is not the answer.
HEADLINES = {"fiber": "finite_order", "degree": "degree", "critical": "ed_degree", "conserved": "count", "rlct": "lambda", "verify": "valid",
             "show": "parameters", "equations": "hilbert", "landscape": "count_complex", "bias": "method", "export": "run", "report": "sections"}


def _wrap(value: Any) -> Any:
    """Objects with attributes, lists as tuples, exact integers from their digits."""
    if isinstance(value, dict):
        return Record(value)
    if isinstance(value, list):
        return tuple(_wrap(item) for item in value)
    if isinstance(value, str) and len(value) > 15 and value.lstrip("-").isdigit():
        return int(value)
    return value


class Record(Mapping):
    """A frozen JSON object: keys are attributes as well. A key that is a Python keyword takes an underscore: ``result.lambda_``."""

    __slots__ = ("_values",)

    def __init__(self, values: dict):
        object.__setattr__(self, "_values", {key: _wrap(value) for key, value in values.items()})

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        values = object.__getattribute__(self, "_values")
        for key in (name, name[:-1] if name.endswith("_") else name):
            if key in values:
                return values[key]
        raise AttributeError(f"no '{name}' here; there are: {', '.join(values)}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("results are frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("results are frozen")

    def __dir__(self):
        return [*super().__dir__(), *(key for key in self._values if key.isidentifier())]

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key}: {value!r}" for key, value in self._values.items()) + "}"

    def __reduce__(self):
        return Record, (self.to_dict(),)

    def to_dict(self) -> dict:
        return _unwrap(self)

    def array(self, key: str):
        """The numbers under a key as a NumPy array; pairs of hexadecimal floats "re im" become complex numbers."""
        import numpy

        def number(x: Any) -> Any:
            if isinstance(x, (tuple, list)):
                return [number(y) for y in x]
            if isinstance(x, str):
                parts = [float.fromhex(part) for part in x.split()]
                return complex(*parts)
            return x

        return numpy.array(number(self[key]))


def _unwrap(value: Any) -> Any:
    if isinstance(value, Record):
        return {key: _unwrap(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_unwrap(item) for item in value]
    return value


class Result(Record):
    """The answer of a command. The keys of ``result`` (docs/results.md) are attributes; besides them there are ``command``, ``model``, ``seed``,
    ``threads``, ``elapsed_s``, ``evidence`` and ``version``."""

    __slots__ = ("_document", "evidence", "_model", "_text")

    def __init__(self, document: dict, text: str | None = None):
        if not isinstance(document, dict) or not isinstance(document.get("result"), dict):
            raise InputError("this is no result of neuroalg", "", "give the object that a command returned, or its to_dict()", "parse")
        super().__init__(document["result"])
        object.__setattr__(self, "_document", document)
        object.__setattr__(self, "evidence", Record(document.get("evidence") or {}))
        object.__setattr__(self, "_model", Record(document.get("model") or {}))
        object.__setattr__(self, "_text", text)

    @property
    def command(self) -> str:
        return self._document.get("command", "")

    @property
    def model(self) -> Record:
        return self._model

    @property
    def seed(self) -> int:
        return self._document.get("seed")

    @property
    def threads(self) -> int:
        return self._document.get("threads")

    @property
    def elapsed_s(self) -> float:
        return self._document.get("elapsed_s")

    @property
    def version(self) -> str:
        return self._document.get("neuroalg")

    def to_dict(self) -> dict:
        """The whole document, a copy."""
        return copy.deepcopy(self._document)

    def to_json(self, **options: Any) -> str:
        """The whole document as JSON; ``neuroalg verify`` reads it."""
        return json.dumps(self._document, **options)

    def save(self, file: str) -> None:
        """Write the document to a file."""
        with open(file, "w", encoding="utf-8") as out:
            out.write(self.to_json() + "\n")

    def __reduce__(self):
        return Result, (self._document, self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        timeless = ("elapsed_s", "threads")
        return all(self._document.get(key) == other._document.get(key) for key in {*self._document, *other._document} if key not in timeless)

    __hash__ = None  # type: ignore[assignment]

    def _headline(self) -> str:
        key = HEADLINES.get(self.command)
        if key not in self:
            key = next((k for k, v in self.items() if not isinstance(v, (tuple, Record)) and v is not None), "")
        value = str(self.get(key))
        return f"{key} {value if len(value) < 60 else value[:57] + '...'}"

    def __repr__(self) -> str:
        spec = str(self._model.get("spec", ""))
        subject = f" of {spec if len(spec) < 60 else spec[:57] + '...'}" if spec else ""
        return f"<{self.command}{subject}: {self._headline()}, {self.evidence.get('status', 'unknown')}>"

    def __str__(self) -> str:
        """As on a terminal."""
        if self._text is not None:
            return self._text
        with Context(threads=1) as context, _read(context, self._document) as handle:
            return text_of(context, handle, "nalg_result_text")

    def _repr_html_(self) -> str:
        """A table of the scalars and short lists, and the evidence."""
        rows = []
        for key, value in self.items():
            shown = _short(value)
            if shown is not None:
                rows.append(f"<tr><td style='text-align:left'>{html.escape(key.replace('_', ' '))}</td>"
                            f"<td style='text-align:left'>{html.escape(shown)}</td></tr>")
        title = html.escape(f"{self.command} {self._model.get('spec', '')}")
        evidence = html.escape(f"{self.evidence.get('status', 'unknown')}" + (f": {self.evidence['reason']}" if isinstance(self.evidence.get("reason"), str) else ""))
        return f"<table><caption style='text-align:left'><b>{title}</b> &mdash; {evidence}</caption><tbody>{''.join(rows)}</tbody></table>"


def _short(value: Any) -> str | None:
    """A value for one cell of a table; None when it is too long to be read."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Record):
        text = ", ".join(f"{key} {inner}" for key, inner in value.items())
    elif isinstance(value, tuple):
        text = "; ".join(str(item) if not isinstance(item, Record) else ", ".join(f"{key} {inner}" for key, inner in item.items()) for item in value)
    else:
        text = str(value)
    if len(text) > 400:
        return f"{len(value)} entries" if isinstance(value, tuple) else None
    return text


class _read:
    """A document as an nalg_result, for the time of a with statement."""

    def __init__(self, context: Context, document: dict):
        self.context = context
        self.handle = ctypes.c_void_p()
        text = json.dumps(document).encode()
        context.check(context.library.nalg_result_read(context.handle, ctypes.byref(self.handle), text, len(text)))

    def __enter__(self) -> ctypes.c_void_p:
        return self.handle

    def __exit__(self, *_: object) -> None:
        self.context.library.nalg_result_free(self.handle)


def text_of(context: Context, handle: ctypes.c_void_p, function: str) -> str:
    text = ctypes.c_void_p()
    context.check(getattr(context.library, function)(context.handle, ctypes.byref(text), handle))
    return _library.take_text(text)


def take_result(context: Context, handle: ctypes.c_void_p) -> Result:
    """The result of a call as an object; the handle is freed."""
    try:
        return Result(json.loads(text_of(context, handle, "nalg_result_json")), text_of(context, handle, "nalg_result_text"))
    finally:
        context.library.nalg_result_free(handle)
