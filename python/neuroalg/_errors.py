"""Errors of the library as exceptions.  SPDX-License-Identifier: LGPL-2.1-or-later"""

from __future__ import annotations


class NeuroalgError(Exception):
    """What went wrong, where, and what to write instead."""

    def __init__(self, what: str, where: str = "", hint: str = "", status: str = ""):
        super().__init__(what, where, hint, status)
        self.what, self.where, self.hint, self.status = what, where, hint, status

    def __str__(self) -> str:
        text = f"{self.what} ({self.where})" if self.where else self.what
        return f"{text}\n  {self.hint}" if self.hint else text


class InputError(NeuroalgError, ValueError):
    """A model, option, file or number that cannot be used as it is."""


class UnsupportedError(NeuroalgError):
    """The question is not answered for this model."""


class LimitError(NeuroalgError):
    """The model is too large for this question."""


class DeadlineError(NeuroalgError, TimeoutError):
    """The time limit was reached."""


class FileError(NeuroalgError, OSError):
    """A file cannot be read or written."""

    def __str__(self) -> str:
        return NeuroalgError.__str__(self)


class OutOfMemory(NeuroalgError, MemoryError):
    """Memory is out."""


class InternalError(NeuroalgError):
    """A fault of neuroalg."""


INTERRUPTED = 7
# Numbers of include/neuroalg/status.h; they are pinned.
CLASSES = {
    1: ("argument", InputError), 2: ("parse", InputError), 3: ("shape", InputError), 4: ("memory", OutOfMemory), 5: ("io", FileError),
    6: ("unsupported", UnsupportedError), 7: ("interrupted", NeuroalgError), 8: ("deadline", DeadlineError), 9: ("limit", LimitError),
    10: ("internal", InternalError),
}


def error_of(status: int, what: str, where: str, hint: str) -> NeuroalgError:
    name, kind = CLASSES.get(status, ("internal", InternalError))
    return kind(what, where, hint, name)
