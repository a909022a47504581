"""The notebooks in examples/: every code cell is executed in order, and what it prints and returns is compared with the outputs that the file shows.
Cells with the tag `varies` are executed only. No Jupyter is needed.  SPDX-License-Identifier: LGPL-2.1-or-later
"""
import ast
import contextlib
import glob
import io
import json
import os
import unittest

import support

support.need("numpy", "torch")

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")


def execute(source, names):
    """What the cell prints, and the representation of its last expression (or None)."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
    return printed.getvalue(), None if value is None else repr(value)


def stored(cell):
    printed, value = "", None
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            printed += "".join(output["text"])
        elif output["output_type"] == "execute_result":
            value = "".join(output["data"]["text/plain"])
    return printed, value


class Notebooks(unittest.TestCase):
    def test_cells(self):
        files = sorted(glob.glob(os.path.join(EXAMPLES, "*.ipynb")))
        self.assertTrue(files)
        for file in files:
            with open(file, encoding="utf-8") as source:
                notebook = json.load(source)
            names = {"__name__": "notebook"}
            for number, cell in enumerate(notebook["cells"]):
                if cell["cell_type"] != "code":
                    continue
                with self.subTest(file=os.path.basename(file), cell=number):
                    found = execute("".join(cell["source"]), names)
                    if "varies" not in cell["metadata"].get("tags", []):
                        self.assertEqual(found, stored(cell))


support.main()
