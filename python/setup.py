"""interface.json is made from the headers of the source tree when the package is built.  SPDX-License-Identifier: LGPL-2.1-or-later"""
import os
import subprocess
import sys

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = os.path.dirname(os.path.abspath(__file__))


class Build(build_py):
    def run(self):
        super().run()
        target = os.path.join(self.build_lib, "neuroalg", "interface.json")
        subprocess.run([sys.executable, os.path.join(HERE, "neuroalg", "_interface.py"), os.path.join(HERE, "..", "include", "neuroalg"), target,
                        self.distribution.get_version()], check=True)


setup(cmdclass={"build_py": Build})
