"""What the Python tests share.  SPDX-License-Identifier: LGPL-2.1-or-later"""
import importlib
import sys
import unittest


def need(*modules):
    """Skip the whole program when a module is missing."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            print(f"skipped: {error}")
            sys.exit(77)


def main():
    unittest.main(verbosity=2)
