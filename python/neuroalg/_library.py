"""Finding and loading libneuroalg.

Searched in this order: the file that NEUROALG_LIBRARY names; beside the package; where the package was installed from; the build folder
of a source tree; where pkg-config says; where the system's loader looks.  SPDX-License-Identifier: LGPL-2.1-or-later
"""

from __future__ import annotations

import ctypes
import os
import sys

from . import _interface
from ._errors import NeuroalgError

NAMES = ["libneuroalg.0.dylib", "libneuroalg.dylib"] if sys.platform == "darwin" else ["libneuroalg.so.0", "libneuroalg.so"]
HERE = _interface.HERE


class _Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("what", ctypes.c_char_p), ("where", ctypes.c_char_p), ("hint", ctypes.c_char_p)]


PROGRESS = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_char_p)


def _pkg_config() -> str | None:
    import subprocess

    try:
        found = subprocess.run(["pkg-config", "--variable=libdir", "neuroalg"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip() or None


def _installed_place() -> str | None:
    """The library's folder relative to the package, written by the installation."""
    try:
        with open(os.path.join(HERE, "library.txt"), encoding="utf-8") as file:
            return os.path.normpath(os.path.join(HERE, file.read().strip()))
    except OSError:
        return None


def _candidates():
    named = os.environ.get("NEUROALG_LIBRARY")
    if named:
        yield named
        return
    for folder in (HERE, _installed_place(), os.path.join(HERE, "..", ".."), os.path.join(HERE, "..", "..", "build")):
        for name in NAMES if folder else []:
            path = os.path.join(folder, name)
            if os.path.exists(path):
                yield path
    folder = _pkg_config()
    for name in NAMES if folder else []:
        if os.path.exists(os.path.join(folder, name)):
            yield os.path.join(folder, name)
    yield from NAMES


def _declare(library: ctypes.CDLL) -> None:
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    signatures = {
        "nalg_version": (text, []),
        "nalg_ctx_create": (ctypes.c_int, [ctypes.POINTER(pointer)]),
        "nalg_ctx_free": (None, [pointer]),
        "nalg_ctx_set_seed": (None, [pointer, ctypes.c_uint64]),
        "nalg_ctx_set_threads": (ctypes.c_int, [pointer, ctypes.c_int]),
        "nalg_ctx_set_timeout": (None, [pointer, ctypes.c_double]),
        "nalg_ctx_set_progress": (None, [pointer, PROGRESS, pointer]),
        "nalg_ctx_set_cancel": (None, [pointer, pointer]),
        "nalg_ctx_last_error": (_Error, [pointer]),
        "nalg_model_parse": (ctypes.c_int, [pointer, ctypes.POINTER(pointer), text, size]),
        "nalg_model_free": (None, [pointer]),
        "nalg_model_parameters": (size, [pointer]),
        "nalg_model_pipeline": (text, [pointer]),
        "nalg_result_free": (None, [pointer]),
        "nalg_result_json": (ctypes.c_int, [pointer, ctypes.POINTER(pointer), pointer]),
        "nalg_result_text": (ctypes.c_int, [pointer, ctypes.POINTER(pointer), pointer]),
        "nalg_result_read": (ctypes.c_int, [pointer, ctypes.POINTER(pointer), text, size]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments


_library: ctypes.CDLL | None = None


def load() -> ctypes.CDLL:
    """The library; NeuroalgError with the places that were tried when there is none."""
    global _library
    if _library is not None:
        return _library
    tried = []
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
            _declare(library)
        except (OSError, AttributeError) as error:
            tried.append(f"{path}: {error}")
            continue
        version, built = library.nalg_version().decode(), _interface.load().version
        if built is not None and version != built:
            raise NeuroalgError(f"the library {path} is version {version}, the Python package {built}", "NEUROALG_LIBRARY",
                                "install both from one source, or set NEUROALG_LIBRARY to the library of this version", "argument")
        _library = library
        return library
    raise NeuroalgError("the library libneuroalg was not found; tried " + "; ".join(tried), "NEUROALG_LIBRARY",
                        "build neuroalg (make), install it (make install), or set NEUROALG_LIBRARY to the file libneuroalg.so.0", "io")


_free = ctypes.CDLL(None).free
_free.restype, _free.argtypes = None, [ctypes.c_void_p]


def take_text(pointer: ctypes.c_void_p) -> str:
    """A string of the library as a Python string; the original is freed."""
    try:
        return ctypes.string_at(pointer).decode("utf-8", "replace")
    finally:
        _free(pointer)
