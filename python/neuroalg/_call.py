"""Running the library: a context for each call, Ctrl-C, progress, errors, options.  SPDX-License-Identifier: LGPL-2.1-or-later"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any, Callable

from . import _interface, _library
from ._errors import INTERRUPTED, InputError, error_of

Progress = Callable[[str, int, int, str], None]


class Context:
    """An nalg_ctx with its cancel flag and progress hook."""

    def __init__(self, seed: int = 1, threads: int = 0, timeout: float = 0.0, progress: Progress | None = None):
        self.handle = ctypes.c_void_p()
        self.library = _library.load()
        self.cancel = ctypes.c_int(0)
        self.failure: BaseException | None = None
        if not isinstance(seed, int) or not 0 <= seed < 2**64:
            raise InputError(f"seed {seed!r} is no whole number from 0 to 2^64 - 1", "seed", "write seed=7", "argument")
        if not isinstance(threads, int) or not 0 <= threads <= 256:
            raise InputError(f"threads {threads!r} is no whole number from 0 to 256", "threads", "write threads=0 for all processors", "argument")
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout >= 0:
            raise InputError(f"timeout {timeout!r} is no number of seconds", "timeout", "write timeout=60", "argument")
        status = self.library.nalg_ctx_create(ctypes.byref(self.handle))
        if status:
            raise error_of(status, "out of memory", "", "")
        self.library.nalg_ctx_set_seed(self.handle, seed)
        self.library.nalg_ctx_set_cancel(self.handle, ctypes.cast(ctypes.pointer(self.cancel), ctypes.c_void_p))
        self.library.nalg_ctx_set_timeout(self.handle, float(timeout or 0))
        self.check(self.library.nalg_ctx_set_threads(self.handle, threads))
        if progress:
            report = progress
            self.hook = _library.PROGRESS(lambda user, phase, done, total, note: self._report(report, phase, done, total, note))
            self.library.nalg_ctx_set_progress(self.handle, self.hook, None)

    def _report(self, progress: Progress, phase, done, total, note) -> None:
        try:
            progress((phase or b"").decode(), done, total, (note or b"").decode())
        except BaseException as error:  # stop the computation and raise it in the caller
            self.failure = error
            self.cancel.value = 1

    def check(self, status: int) -> None:
        if self.failure:
            raise self.failure
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        if status:
            error = self.library.nalg_ctx_last_error(self.handle)
            raise error_of(status, *(text.decode("utf-8", "replace") if text else "" for text in (error.what, error.where, error.hint)))

    def run(self, function, *arguments) -> None:
        """Call function(ctx, ...). The call runs on a thread of its own so that the main thread can see Ctrl-C and set the cancel flag."""
        if threading.current_thread() is not threading.main_thread():
            self.check(function(self.handle, *arguments))
            return
        answer: list[int] = []
        done = threading.Event()  # Thread.join forgets a running thread when it is interrupted (CPython 3.11)

        def work() -> None:
            try:
                answer.append(function(self.handle, *arguments))
            except BaseException as error:
                self.failure = error
            finally:
                done.set()

        worker = threading.Thread(target=work, daemon=True)
        started = interrupted = False
        while True:
            try:
                if not started:
                    started = True
                    worker.start()
                while not done.is_set():
                    done.wait()
                break
            except KeyboardInterrupt:
                interrupted = True
                self.cancel.value = 1  # the library polls it; arguments are in use until it returns
        if interrupted:
            raise KeyboardInterrupt
        self.check(answer[0] if answer else 0)

    def close(self) -> None:
        if self.handle:
            self.library.nalg_ctx_free(self.handle)
            self.handle = ctypes.c_void_p()

    def __enter__(self) -> "Context":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


# ---- options ----


def numbers_text(value: Any) -> bytes:
    """Numbers as text that keeps every bit: a float is a dyadic rational and is written with all its decimals."""
    from decimal import Decimal

    import numpy

    array = numpy.asarray(value)
    if array.dtype == object:  # fractions, exact integers
        return "\n".join(str(x) for x in array.ravel()).encode()
    if array.dtype.kind not in "iuf":
        raise InputError(f"weights of type {array.dtype} are no real numbers", "weights", "give an array of floats", "argument")
    if array.dtype.kind == "f" and not numpy.isfinite(array).all():
        raise InputError("a weight is infinite or no number", "weights", "give finite numbers", "argument")
    return "\n".join(str(Decimal(x)) for x in array.ravel().tolist()).encode()


def _text_value(name: str, value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value).encode()
    return numbers_text(value)


def data_value(interface: _interface.Interface, value: Any, keep: list) -> ctypes.Structure:
    """(inputs, targets) as nalg_data: row-major doubles, one sample a row."""
    import numpy

    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise InputError("data are a pair of arrays (inputs, targets)", "data", "write data=(x, y), one sample a row", "argument")
    inputs, targets = (numpy.ascontiguousarray(part, dtype=numpy.float64) for part in value)
    inputs, targets = (part.reshape(len(part), -1) for part in (inputs, targets))
    if len(inputs) != len(targets):
        raise InputError(f"{len(inputs)} inputs and {len(targets)} targets", "data", "give as many targets as inputs", "shape")
    if not (numpy.isfinite(inputs).all() and numpy.isfinite(targets).all()):
        raise InputError("the data hold numbers that are not finite", "data", "remove these samples", "argument")
    data = interface.struct("nalg_data")()
    keep += [inputs, targets]
    data.inputs, data.targets = inputs.ctypes.data, targets.ctypes.data
    data.samples, data.input_size, data.output_size = len(inputs), inputs.shape[1], targets.shape[1]
    return data


def _scalar_value(command: str, name: str, base: str, value: Any) -> Any:
    if base == "bool":
        return bool(value)
    members = _interface.load().enums.get(base)
    if members is not None:  # NALG_ESTIMATE_ALWAYS is "always"
        found = [number for member, number in members.items() if isinstance(value, str) and member.lower().endswith("_" + value.lower())]
        if len(found) != 1:
            prefix = os.path.commonprefix(list(members))
            raise InputError(f"{name}={value!r} is unknown", name, f"write one of {', '.join(member[len(prefix):].lower() for member in members)}", "argument")
        return found[0]
    number: Any = None
    try:
        number = float(value) if base in ("double", "float") else int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    if base in ("double", "float"):
        if number is None:
            raise InputError(f"{name}={value!r} is no number", name, f"write for example {name}=0.5", "argument")
        return number
    if isinstance(value, bool) or number is None or number != value:
        raise InputError(f"{name}={value!r} is no whole number", name, f"write for example {name}=3", "argument")
    bits = 8 * ctypes.sizeof(_interface.SCALARS.get(base, ctypes.c_int))
    low, high = (0, 2**bits) if base.startswith(("u", "size_t")) else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    if not low <= value < high:
        raise InputError(f"{name}={value!r} is out of range", name, f"see the options of {command}", "argument")
    return int(value)


def fill_options(command: str, name: str, values: dict[str, Any]) -> tuple[ctypes.Structure, list]:
    """An options structure with its defaults and the given values; and what must stay alive while it is used."""
    library, interface = _library.load(), _interface.load()
    options = interface.struct(name)()
    keep: list = []
    getattr(library, name + "_init")(ctypes.byref(options))
    fields = {field: (base, pointer) for base, field, pointer in interface.fields[name]}
    for key, value in values.items():
        if value is None:
            continue
        if key not in fields or (key.endswith("_length") and key[:-7] in fields):
            known = ", ".join(f for f in fields if not f.endswith("_length"))
            raise InputError(f"{command} has no option '{key}'", key, f"options are {known}", "argument")
        base, pointer = fields[key]
        if pointer and base == "char":
            text = _text_value(key, value)
            keep.append(text)
            setattr(options, key, text)
            if key + "_length" in fields:
                setattr(options, key + "_length", len(text))
        elif base == "nalg_data":
            data = data_value(interface, value, keep)
            keep.append(data)
            setattr(options, key, ctypes.addressof(data) if pointer else data)
        elif pointer and base == "double":
            import numpy

            array = numpy.ascontiguousarray(value, dtype=numpy.float64)
            keep.append(array)
            setattr(options, key, array.ctypes.data)
        elif pointer:
            raise InputError(f"the option '{key}' of {command} cannot be given from Python", key, "leave it out", "argument")
        else:
            setattr(options, key, _scalar_value(command, key, base, value))
    return options, keep
