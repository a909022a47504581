"""neuroalg: what a network can express, and whether its weights can be known.

    import neuroalg as na
    na.dim("mlp 4-5-5-5-1 x^2")     # <dim of mlp 4-5-5-5-1 x^2: dimension 50, proved>

One function for each command of the program ``neuroalg``; results are frozen, with the keys of docs/results.md as attributes and
``.evidence``. Importing loads neither NumPy nor the library. SPDX-License-Identifier: LGPL-2.1-or-later
"""

from ._commands import (bias, bounds, commands, conserved, critical, degree, dim, discriminant, equations, export, fiber, flow, landscape, report, rlct, run, show, singular, solve, tangent,
                        verify)
from ._errors import (DeadlineError, FileError, InputError, InternalError, LimitError, NeuroalgError, OutOfMemory, UnsupportedError)
from ._model import Model
from ._onnx import from_onnx, from_onnx_bytes
from ._result import Record, Result
from ._torch import from_torch

__all__ = ["bias", "bounds", "commands", "conserved", "critical", "degree", "dim", "discriminant", "equations", "export", "fiber", "flow", "from_onnx", "from_onnx_bytes", "from_torch", "landscape", "report", "rlct", "run", "show", "singular", "solve", "tangent", "verify",
           "Model", "Record", "Result", "DeadlineError", "FileError", "InputError", "InternalError", "LimitError", "NeuroalgError", "OutOfMemory",
           "UnsupportedError", "library_version"]


def library_version() -> str:
    """Version of libneuroalg."""
    from . import _library

    return _library.load().nalg_version().decode()


def __getattr__(name: str):
    """Commands of the library that have no function of their own yet: the same as ``run(name, model, ...)``."""
    if name.startswith("_") or name not in commands():
        raise AttributeError(f"neuroalg has no '{name}'; commands are {', '.join(sorted(commands()))}")
    from functools import partial

    return partial(run, name)
