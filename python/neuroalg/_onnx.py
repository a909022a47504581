"""Models from ONNX files.  SPDX-License-Identifier: LGPL-2.1-or-later"""

from __future__ import annotations

import ctypes
import os
import tempfile
from typing import TYPE_CHECKING, Any, Iterable

from . import _interface, _library
from ._call import Context
from ._errors import InputError, UnsupportedError
from ._model import Model

if TYPE_CHECKING:
    Path = str | os.PathLike[str]

MERGED = {None: 0, "refuse": 0, "tied": 1, "untied": 2}


def _names(names: Iterable[str]) -> bytes | None:
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if "," in name:
            raise InputError(f"the name '{name}' holds a comma", "constants", "rename the tensor", "argument")
    return ",".join(names).encode() or None


def from_onnx(file: Path, *, constants: Iterable[str] = (), parameters: Iterable[str] = (), merged: str | None = None) -> Model:
    """The network in an ONNX file, with its weights.

    constants: names of tensors that are not trained (``"fc1.*"`` for all that start so). parameters: names that are trained although they look
    like constants. merged: what an exporter that merged equal tensors meant by it, "tied" or "untied"; without it such a file is refused."""
    path = os.fspath(file)
    with open(path, "rb") as source:
        data = source.read()
    return _read(path, data, os.path.abspath(path), constants, parameters, merged, os.path.basename(path))


def from_onnx_bytes(data: bytes, *, constants: Iterable[str] = (), parameters: Iterable[str] = (), merged: str | None = None, name: str = "model.onnx") -> Model:
    """The same from the bytes of a file without external data."""
    with tempfile.TemporaryDirectory(prefix="neuroalg-") as folder:
        path = os.path.join(folder, "model.onnx")
        with open(path, "wb") as file:
            file.write(data)
        return _read(path, data, None, constants, parameters, merged, name)


def _read(path: str, data: bytes, place: str | None, constants: Iterable[str], parameters: Iterable[str], merged: str | None, name: str) -> Model:
    library, interface = _library.load(), _interface.load()
    if not hasattr(library, "nalg_model_read_onnx"):
        raise UnsupportedError("this build of neuroalg reads no ONNX files", name, "install libprotobuf-c-dev, protobuf-c-compiler and libonnx-dev and build again",
                               "unsupported")
    if merged not in MERGED:
        raise InputError(f"merged={merged!r} is unknown", "merged", 'write merged="tied" or merged="untied"', "argument")
    options = interface.struct("nalg_onnx_options")()
    constant_names, parameter_names = _names(constants), _names(parameters)
    options.merged, options.constants, options.parameters = MERGED[merged], constant_names, parameter_names
    handle = ctypes.c_void_p()
    with Context(threads=1) as context:
        context.run(library.nalg_model_read_onnx, ctypes.byref(handle), os.fsencode(path), ctypes.byref(options))
    model = Model.__new__(Model)
    model._adopt(handle, name, None)
    model.weights = _weights(model)
    model._source = (data if place is None else None, place, dict(constants=_list(constants), parameters=_list(parameters), merged=merged), name)
    return model


def _list(names: Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _weights(model: Model) -> Any:
    """The file's weights, in the order of the model's parameters."""
    import numpy

    weights = numpy.empty(model.parameters)
    with Context(threads=1) as context:
        context.check(context.library.nalg_model_weights(context.handle, ctypes.c_void_p(weights.ctypes.data), model._handle))
    weights.flags.writeable = False
    return weights


def reopen(data: bytes | None, place: str | None, options: dict, name: str) -> Model:
    """For pickle."""
    if data is not None:
        return from_onnx_bytes(data, name=name, **options)
    assert place is not None  # one of the two is kept
    return from_onnx(place, **options)
