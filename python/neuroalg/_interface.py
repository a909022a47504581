"""The C interface as Python sees it: structures and functions, read from the public headers.

Layouts are never written down twice. ``interface.json``, made from the headers when the package is built, is used where it is; in a source
tree the headers themselves are read. SPDX-License-Identifier: LGPL-2.1-or-later
"""

from __future__ import annotations

import ctypes
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "interface.json")
HEADERS = os.path.normpath(os.path.join(HERE, "..", "..", "include", "neuroalg"))

SCALARS: dict[str, type[ctypes._SimpleCData]] = {
    "bool": ctypes.c_bool, "char": ctypes.c_char, "int": ctypes.c_int, "unsigned": ctypes.c_uint, "unsigned int": ctypes.c_uint,
    "long": ctypes.c_long, "long long": ctypes.c_longlong, "size_t": ctypes.c_size_t, "double": ctypes.c_double, "float": ctypes.c_float,
    "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64, "uint8_t": ctypes.c_uint8,
}


def _declarations(text: str) -> list[tuple[str, str, bool]]:
    """``const double *a, *b;`` as (type, name, is a pointer)."""
    found = []
    for line in text.split(";"):
        line = re.sub(r"\bconst\b|\bvolatile\b|\bstruct\b", " ", line).strip()
        if not line:
            continue
        parts = line.split(",")
        match = re.match(r"([A-Za-z_][\w ]*?)\s*(\**)\s*(\w+)\s*(\[.*\])?$", parts[0].strip())
        if not match:
            raise ValueError(f"cannot read the declaration '{line}'")
        base = " ".join(match[1].split())
        found.append((base, match[3], bool(match[2]) or bool(match[4])))
        for rest in parts[1:]:
            more = re.match(r"(\**)\s*(\w+)$", rest.strip())
            if not more:
                raise ValueError(f"cannot read the declaration '{line}'")
            found.append((base, more[2], bool(more[1])))
    return found


def _members(text: str) -> dict[str, int]:
    """``A, B = 3, C`` as numbers; members that are no plain numbers are left out with all that follow."""
    members, value = {}, 0
    for member in text.split(","):
        name, _, given = (part.strip() for part in member.partition("="))
        if given and not given.isdigit() or not re.fullmatch(r"\w+", name):
            break
        value = int(given) if given else value
        members[name] = value
        value += 1
    return members


def read_headers(folder: str) -> dict:
    """Structures, enumerations and functions that return a status, of all headers in a folder."""
    structs: dict[str, list] = {}
    functions: dict[str, list] = {}
    enums: dict[str, dict[str, int]] = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".h"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", " ", file.read(), flags=re.S)
        text = re.sub(r"^[ \t]*#.*?(?<!\\)$", " ", text, flags=re.M | re.S)
        for match in re.finditer(r"typedef\s+enum\s*\{([^}]*)\}\s*(nalg_\w+)\s*;", text):
            enums[match[2]] = _members(match[1])
        for match in re.finditer(r"typedef\s+struct\s*\{([^}]*)\}\s*(nalg_\w+)\s*;", text):
            try:
                structs[match[2]] = _declarations(match[1])
            except ValueError:
                continue  # a structure that no option uses: its functions are left out
        for match in re.finditer(r"NALG_API\s+nalg_status\s+(nalg_\w+)\s*\(([^)]*)\)\s*;", text):
            functions[match[1]] = [" ".join(argument.split()) for argument in match[2].split(",")]
    return {"structs": structs, "functions": functions, "enums": enums}


class Interface:
    """Structures as ctypes classes, and the commands: functions (ctx, out, model[, data][, options])."""

    def __init__(self, description: dict):
        self.enums: dict[str, dict[str, int]] = description["enums"]
        self.fields = {name: [tuple(field) for field in fields] for name, fields in description["structs"].items()}
        self.functions = description["functions"]
        self.version = description.get("version")
        self._classes: dict[str, type[ctypes.Structure]] = {}

    def _ctype(self, base: str, pointer: bool):
        if pointer:
            return ctypes.c_char_p if base == "char" else ctypes.c_void_p
        if base in self.enums:
            return ctypes.c_int
        return SCALARS[base] if base in SCALARS else self.struct(base)

    def struct(self, name: str) -> type[ctypes.Structure]:
        if name not in self._classes:
            fields = [(field, self._ctype(base, pointer)) for base, field, pointer in self.fields[name]]
            self._classes[name] = type(name, (ctypes.Structure,), {"_fields_": fields})
        return self._classes[name]

    def _types(self, function: str) -> list[str]:
        return [re.sub(r"\s*\*+\s*\w*$| \w+$", "", a.replace("const ", "")).strip() for a in self.functions[function]]

    def takes_data(self, function: str) -> bool:
        """Whether samples are an argument of their own, between the model and the options."""
        return self._types(function)[3:4] == ["nalg_data"]

    def options_of(self, function: str) -> str | None:
        """Name of the options structure of a command; None when it takes none. KeyError when the function is no command."""
        plain = self._types(function)
        if plain[:3] != ["nalg_ctx", "nalg_result", "nalg_model"]:
            raise KeyError(function)
        if self.takes_data(function):
            del plain[3]
        if len(plain) > 4:
            raise KeyError(function)
        if len(plain) == 3:
            return None
        if not plain[3].endswith("_options"):
            raise KeyError(function)
        return plain[3]

    def commands(self) -> list[str]:
        found = []
        for name in self.functions:
            try:
                self.options_of(name)
                found.append(name[len("nalg_"):])
            except KeyError:
                pass
        return found


_interface: Interface | None = None


def load() -> Interface:
    global _interface
    if _interface is None:
        if os.path.exists(FILE):
            with open(FILE, encoding="utf-8") as file:
                _interface = Interface(json.load(file))
        else:
            _interface = Interface(read_headers(HEADERS))
    return _interface


def main() -> None:
    """python3 _interface.py HEADERS OUTPUT VERSION: write interface.json."""
    import sys

    headers, output, version = sys.argv[1:4]
    description = read_headers(headers)
    description["version"] = version
    with open(output, "w", encoding="utf-8") as file:
        json.dump(description, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
