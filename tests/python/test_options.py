"""Every option of every command can be written by its name: the functions against the structures of the public headers.

SPDX-License-Identifier: LGPL-2.1-or-later
"""
import inspect
import unittest

import support

support.need("numpy")

import neuroalg as na  # noqa: E402
from neuroalg import _interface  # noqa: E402


class Options(unittest.TestCase):
    def test_complete(self):
        interface = _interface.load()
        for command in na.commands():
            with self.subTest(command):
                function, structure = getattr(na, command), interface.options_of(f"nalg_{command}")
                if not inspect.isfunction(function):  # na.NAME is na.run("NAME", ...) until it has one
                    continue
                known = {name for name, p in inspect.signature(function).parameters.items() if p.kind == p.KEYWORD_ONLY}
                fields = [name for _, name, _ in interface.fields[structure]] if structure else []
                wanted = {name for name in fields if not (name.endswith("_length") and name[:-7] in fields)}
                if command == "fiber":  # takes the options of degree; all but `limit` are for degree
                    wanted = {"limit"}
                self.assertEqual(known, wanted)


support.main()
