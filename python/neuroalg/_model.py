"""Models: a phrase of the model language, or a network read from elsewhere.  SPDX-License-Identifier: LGPL-2.1-or-later"""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Any, Union

from . import _library
from ._call import Context
from ._errors import InputError

if TYPE_CHECKING:
    import numpy


class Model:
    """A model, read once and used for several questions: ``Model("mlp 2-3-1 x^2")``.

    ``weights`` is a point of the model as a NumPy array in the order of ``show``, or None."""

    _source: tuple | None = None  # what a file was read from

    def __init__(self, phrase: str, weights: Any = None):
        if not isinstance(phrase, str):
            raise InputError(f"a model is a phrase such as 'mlp 2-3-1 x^2', not {type(phrase).__name__}", "model", "", "argument")
        if phrase.lower().endswith(".onnx"):
            raise InputError(f"'{phrase}' is a file, not a phrase", "model", f"write from_onnx({phrase!r})", "argument")
        handle = ctypes.c_void_p()
        text = phrase.encode("utf-8", "replace")
        with Context(threads=1) as context:
            context.check(context.library.nalg_model_parse(context.handle, ctypes.byref(handle), text, len(text)))
        self._adopt(handle, phrase, weights)

    def _adopt(self, handle: ctypes.c_void_p, name: str, weights: Any) -> None:
        library = _library.load()
        self._handle = handle
        weakref.finalize(self, library.nalg_model_free, handle)
        self.phrase = name
        self.pipeline: str = library.nalg_model_pipeline(handle).decode()
        self.parameters: int = library.nalg_model_parameters(handle)
        self.weights = self._check(weights)

    def _check(self, weights: Any) -> "numpy.ndarray | None":
        if weights is None:
            return None
        import numpy

        array = numpy.array(weights).ravel()
        if len(array) != self.parameters:
            raise InputError(f"{len(array)} weights for {self.parameters} parameters", "weights", "give one number for each parameter", "shape")
        array.flags.writeable = False
        return array

    def __repr__(self) -> str:
        shown = self.pipeline if len(self.pipeline) < 80 else self.pipeline[:77] + "..."
        return f"<model {shown}, {self.parameters} parameters{', with weights' if self.weights is not None else ''}>"

    def __reduce__(self):
        if self._source is None:
            return Model, (self.phrase, self.weights)
        from ._onnx import reopen

        return reopen, self._source


ModelLike = Union[str, Model]


def model_of(model: ModelLike) -> Model:
    return model if isinstance(model, Model) else Model(model)
