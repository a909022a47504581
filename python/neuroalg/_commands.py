"""One function for each command. Every function takes ``seed``, ``threads`` (0: all processors), ``timeout`` in seconds and ``progress``, a function of
(phase, done, total, note); options that are None keep the library's default.  SPDX-License-Identifier: LGPL-2.1-or-later"""

from __future__ import annotations

import ctypes
import json
from typing import TYPE_CHECKING, Any, Iterable, Sequence, TypedDict

from . import _interface, _library
from ._call import Context, Progress, data_value, fill_options
from ._errors import InputError, UnsupportedError
from ._model import ModelLike, model_of
from ._result import Result, _read, take_result

if TYPE_CHECKING:
    import os

    import numpy
    from typing_extensions import Unpack

    Numbers = str | Sequence[float] | numpy.ndarray
    Data = tuple[Sequence[Sequence[float]] | numpy.ndarray, Sequence[Sequence[float]] | numpy.ndarray]
    Path = str | os.PathLike[str]


class ContextOptions(TypedDict, total=False):
    seed: int
    threads: int
    timeout: float
    progress: Progress | None


def run(command: str, model: ModelLike, *, seed: int = 1, threads: int = 0, timeout: float = 0.0, progress: Progress | None = None,
        **options: Any) -> Result:
    """Any command of the library by its name, with options named as in its C structure."""
    interface, function = _interface.load(), f"nalg_{command}"
    try:
        structure = interface.options_of(function)
    except KeyError:
        raise UnsupportedError(f"this neuroalg has no command '{command}'", "command", f"commands are {', '.join(sorted(commands()))}", "unsupported") from None
    subject = model_of(model)
    given = {key: value for key, value in options.items() if value is not None}
    if structure is None and given:
        raise InputError(f"{command} takes no option '{next(iter(given))}'", next(iter(given)), "leave it out", "argument")
    with Context(seed, threads, timeout, progress) as context:
        handle = ctypes.c_void_p()
        arguments: list[Any] = [ctypes.byref(handle), subject._handle]
        keep: list = []
        if interface.takes_data(function):
            if "data" not in given:
                raise InputError(f"{command} needs samples", "data", "write data=(inputs, targets)", "argument")
            data = data_value(interface, given.pop("data"), keep)
            arguments.append(ctypes.byref(data))
        if structure is not None:
            filled, more = fill_options(command, structure, given)
            keep.append(more)
            arguments.append(ctypes.byref(filled))
        context.run(getattr(context.library, function), *arguments)
        del keep
        return take_result(context, handle)


def commands() -> list[str]:
    """Names that ``run`` takes."""
    return _interface.load().commands()


def show(model: ModelLike, **context: Unpack[ContextOptions]) -> Result:
    """Layers, shapes and parameter counts."""
    return run("show", model, **context)


def dim(model: ModelLike, *, weights: Numbers | None = None, trials: int | None = None, **context: Unpack[ContextOptions]) -> Result:
    """Dimension of the space of functions; with weights (the model's own, unless others are given) also the exact rank at that point."""
    subject = model_of(model)
    return run("dim", subject, weights=subject.weights if weights is None else weights, trials=trials, **context)


def degree(model: ModelLike, *, limit: int | None = None, certify: bool | None = None, checkpoint: Path | None = None, resume: bool | None = None,
           **context: Unpack[ContextOptions]) -> Result:
    """Degree of the neurovariety: networks through as many generic points as there are dimensions."""
    return run("degree", model, limit=limit, certify=certify, checkpoint=checkpoint, resume=resume, **context)


def fiber(model: ModelLike, *, limit: int | None = None, **context: Unpack[ContextOptions]) -> Result:
    """Which weights give the same function."""
    return run("fiber", model, limit=limit, **context)


def critical(model: ModelLike, *, metric: str | None = None, samples: int | None = None, limit: int | None = None, **context: Unpack[ContextOptions]) -> Result:
    """Number of complex critical points of squared loss, for a metric: unit, bombieri, gaussian, generic or data."""
    return run("critical", model, metric=metric, samples=samples, limit=limit, **context)


def equations(model: ModelLike, *, degree: int | None = None, member: str | None = None, **context: Unpack[ContextOptions]) -> Result:
    """Equations that the functions satisfy; with ``member`` (text: a polynomial in x1, x2, ... a line for each output) whether that function satisfies them."""
    return run("equations", model, degree=degree, member=member, **context)


def conserved(model: ModelLike, *, degree: int | None = None, **context: Unpack[ContextOptions]) -> Result:
    """Polynomial conservation laws of gradient flow."""
    return run("conserved", model, degree=degree, **context)


def rlct(model: ModelLike, *, truth: str | None = None, weights: Numbers | None = None, estimate: str | None = None, radius: float | None = None,
         **context: Unpack[ContextOptions]) -> Result:
    """Learning coefficient of Bayesian learning; ``estimate`` by sampling: never, when_needed or always."""
    return run("rlct", model, truth=truth, weights=weights, estimate=estimate, radius=radius, **context)


def singular(model: ModelLike, *, weights: Numbers | None = None, depth: int | None = None, limit: int | None = None, degree_limit: int | None = None,
             multiplicity: bool | None = None, **context: Unpack[ContextOptions]) -> Result:
    """Subnetworks: their dimensions, and where the function space is singular."""
    return run("singular", model, weights=weights, depth=depth, limit=limit, degree_limit=degree_limit, multiplicity=multiplicity, **context)


def bias(model: ModelLike, *, targets: int | None = None, starts: int | None = None, metric: str | None = None, around: Data | None = None,
         noise: float | None = None, scale: float | None = None, depth: int | None = None, train: bool | None = None, critical: bool | None = None,
         **context: Unpack[ContextOptions]) -> Result:
    """Which subnetworks are nearest to random functions, or to functions around data: a pair of arrays (inputs, targets)."""
    return run("bias", model, targets=targets, starts=starts, metric=metric, around=around, noise=noise, scale=scale, depth=depth, train=train,
               critical=critical, **context)


def flow(model: ModelLike, *, data: Data | None = None, samples: int | None = None, loss: str | None = None, starts: int | None = None,
         scale: float | None = None, weights: Numbers | None = None, descent_step: float | None = None, time_limit: float | None = None,
         match: str | None = None, **context: Unpack[ContextOptions]) -> Result:
    """Training by gradient flow from many starts, on data: a pair of arrays (inputs, targets), one sample a row; ``match`` the ends with all
    critical points: when_small, always or never."""
    return run("flow", model, data=data, samples=samples, loss=loss, starts=starts, scale=scale, weights=weights, descent_step=descent_step,
               time_limit=time_limit, match=match, **context)


def landscape(model: ModelLike, data: Data, *, weights: Numbers | None = None, limit: int | None = None, strata: bool | None = None,
              **context: Unpack[ContextOptions]) -> Result:
    """All critical points of squared loss on data, a pair of arrays (inputs, targets), and the global minimum; with weights their place among them."""
    return run("landscape", model, data=data, weights=weights, limit=limit, strata=None if strata is None else int(strata), **context)


def discriminant(model: ModelLike, data: Data, *, size: int | None = None, extent: float | None = None, direction: "Sequence[Sequence[float]] | numpy.ndarray | None" = None,
                 limit: int | None = None, **context: Unpack[ContextOptions]) -> Result:
    """How the number of real critical points changes with the targets: in a plane through them, spanned by random directions or by
    ``direction``, two arrays of the targets' shape."""
    if direction is not None:
        import numpy

        if numpy.size(direction) != 2 * numpy.size(data[1]):
            raise InputError(f"direction has {numpy.size(direction)} numbers", "direction", f"give two arrays of the targets' {numpy.size(data[1])} numbers", "shape")
    return run("discriminant", model, data=data, size=size, extent=extent, direction=direction, limit=limit, **context)


def tangent(model: ModelLike, *, data: Data | None = None, samples: int | None = None, weights: Numbers | None = None, ridge: float | None = None,
            **context: Unpack[ContextOptions]) -> Result:
    """Tangent kernel on data, at given weights."""
    return run("tangent", model, data=data, samples=samples, weights=weights, ridge=ridge, **context)


def bounds(model: ModelLike, **context: Unpack[ContextOptions]) -> Result:
    """Samples that identify; covering numbers; generalisation."""
    return run("bounds", model, **context)


def export(model: ModelLike, *, to: str, what: str | None = None, metric: str | None = None, modulus: int | None = None, seed: int = 1, threads: int = 0,
           timeout: float = 0.0, progress: Progress | None = None) -> Result:
    """The model's polynomials as input of another system; the file is the result's ``text``."""
    subject = model_of(model)
    with Context(seed, threads, timeout, progress) as context:
        options, keep = fill_options("export", "nalg_export_options", {"to": to, "what": what, "metric": metric, "modulus": modulus, "keep_text": True})
        handle, text = ctypes.c_void_p(), ctypes.c_void_p()
        context.run(context.library.nalg_export, ctypes.byref(handle), ctypes.byref(text), subject._handle, ctypes.byref(options))
        del keep
        _library.take_text(text)
        return take_result(context, handle)


def solve(system: str, *, seed: int = 1, threads: int = 0, timeout: float = 0.0, progress: Progress | None = None) -> Result:
    """All isolated complex solutions of a square polynomial system, given as text (docs/systems.md)."""
    text = system.encode()
    with Context(seed, threads, timeout, progress) as context:
        handle = ctypes.c_void_p()
        context.run(context.library.nalg_solve, ctypes.byref(handle), text, ctypes.c_size_t(len(text)))
        return take_result(context, handle)


def verify(result: Result | dict | str, *, seed: int = 1, threads: int = 0, timeout: float = 0.0, progress: Progress | None = None) -> Result:
    """Check a result again (an object, its dictionary, or its JSON text) from the document, by other means than the solver's where there are any."""
    try:
        document = json.loads(result) if isinstance(result, str) else result.to_dict() if isinstance(result, Result) else result
    except ValueError as error:
        raise InputError(f"this is no JSON: {error}", "result", "give a result, its to_dict() or its to_json()", "parse") from error
    with Context(seed, threads, timeout, progress) as context, _read(context, document) as source:
        handle = ctypes.c_void_p()
        context.run(context.library.nalg_verify, ctypes.byref(handle), source)
        return take_result(context, handle)


def report(results: Iterable[Result], file: Path | None = None, *, seed: int = 1, threads: int = 0, timeout: float = 0.0,
           progress: Progress | None = None) -> str:
    """One page (HTML) about one model from its results, at least those of ``show`` and ``dim``; written to ``file`` when given."""
    import contextlib
    import os

    name = os.path.basename(os.fspath(file)).encode() if file is not None else None
    with Context(seed, threads, timeout, progress) as context, contextlib.ExitStack() as stack:
        sources = [stack.enter_context(_read(context, result.to_dict())).value for result in results]
        array = (ctypes.c_void_p * max(len(sources), 1))(*sources)
        handle, html, length = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_size_t()
        context.run(context.library.nalg_report, ctypes.byref(handle), ctypes.byref(html), ctypes.byref(length), array, ctypes.c_size_t(len(sources)),
                    ctypes.c_char_p(name))
        context.library.nalg_result_free(handle)
        page = _library.take_text(html)
    if file is not None:
        with open(file, "w", encoding="utf-8") as out:
            out.write(page)
    return page
