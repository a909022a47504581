"""The package without torch: answers, results, errors, options, Ctrl-C, threads.

Expected values: dimension 50 of mlp 4-5-5-5-1 x^2 and 3 of mlp 2-3-1 x^2 (tests/known), degree 4 of cnn k=2,2 x^2 (Segre-Veronese).
SPDX-License-Identifier: LGPL-2.1-or-later
"""
import inspect
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import support

support.need("numpy")

import numpy  # noqa: E402

import neuroalg as na  # noqa: E402

LONG = "mlp 40-80-40-20 x^2"  # many seconds


class Answers(unittest.TestCase):
    def test_dim(self):
        result = na.dim("mlp 4-5-5-5-1 x^2")
        self.assertEqual(result.dimension, 50)
        self.assertEqual(result["dimension"], 50)
        self.assertEqual(result.evidence.status, "proved")
        self.assertEqual(result.command, "dim")
        self.assertEqual(result.model.parameters, 75)
        self.assertIsNone(result.local_dimension)
        self.assertIn("dimension        50", str(result))
        self.assertEqual(repr(result), "<dim of mlp 4-5-5-5-1 x^2: dimension 50, proved>")

    def test_every_command(self):
        expected = {"show": ("parameters", 4), "dim": ("dimension", 3), "degree": ("degree", 4), "fiber": ("dimension", 3), "bounds": ("dimension", 3),
                    "equations": ("dimension", 3), "conserved": ("parameters", 4), "rlct": ("parameters", 4)}
        for command, (key, value) in expected.items():
            with self.subTest(command=command):
                result = getattr(na, command)("cnn k=2,2 x^2")
                self.assertEqual(result[key], value)
                self.assertEqual(result.command, command)
                self.assertTrue(repr(result).startswith(f"<{command} of cnn k=2,2 x^2: "))
                self.assertIn("<table>", result._repr_html_())
                self.assertIn(command, na.commands())
        self.assertEqual(na.critical("linear 2-1-2", metric="unit").ed_degree, 2)

    def test_same_as_the_program(self):
        """The keys and values of the command line's JSON."""
        program = os.path.join(os.path.dirname(os.environ["NEUROALG_LIBRARY"]), "neuroalg")
        out = subprocess.run([program, "dim", "mlp", "3-4-2", "x^2", "--json", "--seed", "7"], check=True, capture_output=True, text=True).stdout
        theirs, ours = json.loads(out), na.dim("mlp 3-4-2 x^2", seed=7).to_dict()
        for document in theirs, ours:
            del document["elapsed_s"], document["threads"]
        self.assertEqual(theirs, ours)

    def test_model(self):
        model = na.Model("mlp 2-3-1 x^2")
        self.assertEqual(model.parameters, 9)
        self.assertEqual(model.pipeline, "input 2 | dense 3 | x^2 | dense 1")
        self.assertEqual(na.dim(model).dimension, 3)
        self.assertEqual(pickle.loads(pickle.dumps(model)).pipeline, model.pipeline)
        self.assertIn("9 parameters", repr(model))

    def test_weights(self):
        """Zero weights have rank 0, generic ones the full rank; every bit of a float counts."""
        self.assertEqual(na.dim("mlp 2-1-1 x^2", weights=numpy.zeros(3)).local_dimension, 0)
        self.assertEqual(na.dim("mlp 2-1-1 x^2", weights=numpy.array([1, 0.5, -0.25], dtype=numpy.float32)).local_dimension, 2)
        tiny = numpy.array([1e-300, 0.5, 2.0**-1074])
        self.assertEqual(na.dim(na.Model("mlp 2-1-1 x^2", weights=tiny)).local_dimension, 2)
        self.assertEqual(na.dim("mlp 2-1-1 x^2", weights="1 1/3 0.1").local_dimension, 2)
        for bad in ([1, 2], [1, 2, numpy.nan], ["a", "b", "c"], [1, 2, 3j]):
            with self.assertRaises(na.InputError):
                na.dim("mlp 2-1-1 x^2", weights=bad)
        with self.assertRaises(na.InputError):
            na.Model("mlp 2-1-1 x^2", weights=[1, 2])

    def test_identifiability_here(self):
        """c (a x + b y)^2 and its scaling, by hand: a plane of functions with a line of weights each; at c = 0 the line moves a and b; nothing moves 0."""
        for weights, sentence in (([1, 2, 3], "identifiable nearby up to the 1 dimension of the known symmetries"),
                                  ([1, 2, 0], "critical weights: 1 of 2 directions of the function space are lost to first order, as at a subnetwork; "
                                              "not identifiable: the known symmetries move them in 1 dimension"),
                                  ([0, 0, 0], "critical weights: 2 of 2 directions of the function space are lost to first order, as at a subnetwork; "
                                              "the rank does not decide whether they are identifiable")):
            self.assertEqual(na.dim("mlp 2-1-1 x^2", weights=weights).local_identifiability, sentence)
        self.assertIn("no other weights nearby", na.dim("input 1 | dense 1 | x^2+x", weights=[3]).local_identifiability)

    def test_export_and_solve(self):
        self.assertIn("2*w1*w2*w5 + 2*w3*w4*w6", na.export("mlp 2-2-1 x^2", to="m2", what="param").text)
        text = na.export("cnn k=2,2 x^2", to="phc").text
        self.assertEqual(na.solve(text).regular, 4)

    def test_data(self):
        """Data are pairs of arrays. Rank of the tangent kernel: the lesser of the values given and of the dimension 3 less what is lost at these weights."""
        inputs, targets = numpy.random.default_rng(1).normal(size=(8, 2)), numpy.zeros((8, 1))
        self.assertEqual(na.tangent("mlp 2-1-1 x^2", data=(inputs, targets), weights=[1, 2, 3]).rank, 2)
        self.assertEqual(na.tangent("mlp 2-1-1 x^2", data=(inputs[:1], targets[:1]), weights=[1, 2, 3]).rank, 1)
        run = na.flow("mlp 2-1-1 x^2", data=(inputs, targets[:, 0]), starts=2)
        self.assertEqual(len(run.runs), 2)
        for bad in ((inputs, targets[:3]), (inputs[:, :1], targets), (inputs, targets * numpy.nan), (inputs,), 3):
            with self.assertRaises((na.InputError, ValueError, TypeError)):
                na.flow("mlp 2-1-1 x^2", data=bad)

    def test_landscape_and_discriminant(self):
        """linear 1-1 on data: the one critical point is least squares, sum x y / sum x^2 = 2.2, wherever the targets are."""
        x, y = numpy.array([[1.0], [2.0]]), numpy.array([[3.0], [4.0]])
        landscape = na.landscape("linear 1-1", (x, y))
        self.assertEqual((landscape.count_complex, landscape.count_real), (1, 1))
        self.assertAlmostEqual(float(landscape.critical_points[0].weights[0]), 2.2)
        self.assertAlmostEqual(landscape.global_minimum.loss, (3 - 2.2) ** 2 + (4 - 4.4) ** 2)
        self.assertEqual(landscape.minima, 1)  # zero weights are no critical point: the gradient is -2 sum x y = -22
        with_point = na.landscape("linear 1-1", (x, y), weights=[2.2], strata=False)
        self.assertEqual((with_point.count_complex, with_point.minima), (1, 1))
        plane = na.discriminant("linear 1-1", (x, y), size=8, direction=[[1, 0], [0, 1]])
        self.assertEqual([(chamber.real_critical_points, chamber.share) for chamber in plane.chambers], [(1, 1)])
        self.assertEqual(na.run("landscape", "linear 1-1", data=(x, y)), landscape)
        for call in (lambda: na.run("landscape", "linear 1-1"), lambda: na.landscape("linear 1-1", 3), lambda: na.landscape("linear 2-1", (x, y)),
                     lambda: na.discriminant("linear 1-1", (x, y), size=8, direction=[1, 0])):
            with self.assertRaises(na.InputError):
                call()

    def test_enumerations(self):
        self.assertEqual(na.rlct("linear 2-1-2", estimate="never")["lambda"], na.rlct("linear 2-1-2")["lambda"])
        with self.assertRaisesRegex(na.InputError, "never"):
            na.rlct("linear 2-1-2", estimate="sometimes")

    def test_commands_without_a_function(self):
        self.assertEqual(na.__getattr__("dim")("mlp 2-3-1 x^2").dimension, 3)
        with self.assertRaises(AttributeError):
            na.divination
        for command in na.commands():
            self.assertTrue(inspect.isfunction(getattr(na, command)), command)

    def test_verify_and_report(self):
        result = na.dim("mlp 2-3-1 x^2")
        self.assertIs(na.verify(result).valid, True)
        self.assertIs(na.verify(result.to_json()).valid, True)
        forged = result.to_dict()
        forged["result"]["dimension"] = 4
        self.assertIs(na.verify(forged).valid, False)
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "page.html")
            page = na.report([na.show("mlp 2-3-1 x^2"), result], file)
            self.assertTrue(page.startswith("<!DOCTYPE html>"))
            with open(file, encoding="utf-8") as written:
                self.assertEqual(written.read(), page)

    def test_arrays(self):
        solutions = na.degree("cnn k=2,2 x^2").evidence.array("solutions")
        self.assertEqual(solutions.shape, (4, 3))
        self.assertEqual(solutions.dtype, complex)

    def test_seed_and_threads(self):
        one, two = (na.degree("linear 2-1-2", seed=5, threads=threads) for threads in (1, 2))
        self.assertEqual(one, two)
        self.assertNotEqual(one, na.degree("linear 2-1-2", seed=6))


class Results(unittest.TestCase):
    def setUp(self):
        self.result = na.dim("mlp 2-3-1 x^2")

    def test_frozen(self):
        for change in (lambda r: setattr(r, "dimension", 4), lambda r: setattr(r, "new", 4), lambda r: delattr(r, "dimension"),
                       lambda r: setattr(r.evidence, "status", "proved"), lambda r: setattr(r, "evidence", {})):
            with self.assertRaises(AttributeError):
                change(self.result)
        self.result.to_dict()["result"]["dimension"] = 4
        self.assertEqual(self.result.to_dict()["result"]["dimension"], 3)
        with self.assertRaises(TypeError):
            hash(self.result)

    def test_pickle_and_save(self):
        again = pickle.loads(pickle.dumps(self.result))
        self.assertEqual(again, self.result)
        self.assertEqual(str(again), str(self.result))
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "result.json")
            self.result.save(file)
            with open(file, encoding="utf-8") as saved:
                self.assertEqual(na.Result(json.load(saved)), self.result)

    def test_missing_key(self):
        with self.assertRaisesRegex(AttributeError, "there are: .*dimension"):
            self.result.dimensions
        with self.assertRaises(KeyError):
            self.result["dimensions"]
        self.assertEqual(na.rlct("linear 2-1-2", truth="zero").lambda_, na.rlct("linear 2-1-2", truth="zero")["lambda"])
        with self.assertRaises(na.InputError):
            na.Result({"result": 3})

    def test_large_integers(self):
        self.assertEqual(na.Record({"degree": "123456789012345678901234567890"}).degree, 123456789012345678901234567890)

    def test_html_is_escaped(self):
        forged = self.result.to_dict()
        forged["model"]["spec"] = "<script>"
        forged["result"]["dimension"] = "<img>"
        self.assertNotIn("<script>", na.Result(forged)._repr_html_())
        self.assertNotIn("<img>", na.Result(forged)._repr_html_())


class Errors(unittest.TestCase):
    def test_what_where_hint(self):
        with self.assertRaises(na.InputError) as raised:
            na.dim("mlp 2-3-1 relu")
        self.assertIn("relu", raised.exception.what)
        self.assertEqual(raised.exception.where, "column 11")
        self.assertTrue(raised.exception.hint)
        self.assertIsInstance(raised.exception, ValueError)
        self.assertEqual(pickle.loads(pickle.dumps(raised.exception)).hint, raised.exception.hint)

    def test_bad_arguments(self):
        for call in (lambda: na.dim(3), lambda: na.dim("mlp 2-3-1 x^2", trials=2.5), lambda: na.dim("mlp 2-3-1 x^2", trials=99),
                     lambda: na.dim("mlp 2-3-1 x^2", trials=2**40), lambda: na.critical("mlp 2-3-1 x^2", samples=-1), lambda: na.critical("mlp 2-3-1 x^2", metric="flat"),
                     lambda: na.dim("mlp 2-3-1 x^2", seed=-1), lambda: na.dim("mlp 2-3-1 x^2", threads=1000), lambda: na.dim("mlp 2-3-1 x^2", timeout=-1),
                     lambda: na.run("show", "mlp 2-3-1 x^2", trials=3), lambda: na.run("dim", "mlp 2-3-1 x^2", trails=3), lambda: na.dim(""),
                     lambda: na.dim("mlp \N{SNOWMAN}"), lambda: na.dim("mlp 2-3-1 x^2\0"), lambda: na.verify({"a": 1}), lambda: na.report([])):
            with self.assertRaises(na.InputError):
                call()
        with self.assertRaises(na.UnsupportedError):
            na.run("divination", "mlp 2-3-1 x^2")
        with self.assertRaises(na.UnsupportedError):
            na.export("mlp 2-3-1 1/x", to="m2", what="param")
        with self.assertRaises(na.LimitError):
            na.export("mlp 2-3-3-3-3-1 x^5", to="m2")

    def test_deadline(self):
        with self.assertRaises(na.DeadlineError) as raised:
            na.dim(LONG, timeout=0.1)
        self.assertIsInstance(raised.exception, TimeoutError)

    def test_progress(self):
        seen = []
        na.degree("cnn k=2,2,2 x^2", progress=lambda phase, done, total, note: seen.append((phase, done, total, note)))
        self.assertTrue(seen and all(isinstance(phase, str) for phase, *_ in seen))

        def fail(*_):
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            na.degree("cnn k=2,2,2 x^2", progress=fail)


class Processes(unittest.TestCase):
    def interrupt(self):
        """Seconds from the signal to the exception."""
        code = f"""
import threading, time, neuroalg as na
print("ready", flush=True)
try:
    na.dim({LONG!r})
except KeyboardInterrupt:
    when = time.time()
    time.sleep(0.05)
    print("interrupted", when, threading.active_count(), flush=True)  # the computation has ended, it was not left behind
print(na.dim("mlp 2-3-1 x^2").dimension)
"""
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        time.sleep(0.5)
        sent = time.time()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        word, when, running, answer = out.split()
        self.assertEqual((word, running, answer), ("interrupted", "1", "3"))
        return float(when) - sent

    def test_interrupt(self):
        """Ctrl-C takes effect within 0.2 s and leaves the interpreter usable. Other work on the machine delays some tries, hardly all."""
        delays = []
        while len(delays) < 6 and not any(delay < 0.2 for delay in delays):
            delays.append(self.interrupt())
        self.assertLess(min(delays), 0.2)

    def test_threads(self):
        """The interpreter runs other threads during a call, and calls run beside each other."""
        answers, ticks = [], []
        workers = [threading.Thread(target=lambda: answers.append(na.degree("cnn k=2,2,2 x^2", threads=1).degree)) for _ in range(3)]
        for worker in workers:
            worker.start()
        while any(worker.is_alive() for worker in workers):
            ticks.append(1)
            time.sleep(0.001)
        self.assertEqual(answers, [48, 48, 48])
        self.assertGreater(len(ticks), 3)

    def test_lazy(self):
        """Importing and a first answer load no NumPy, and importing does not load the library."""
        code = ("import sys, neuroalg as na; from neuroalg import _library; assert _library._library is None; na.dim('mlp 2-3-1 x^2'); "
                "assert not any(m in sys.modules for m in ('numpy', 'torch', 'onnx'))")
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_first_answer(self):
        """Import and first answer in 0.3 s of processor time, the interpreter's own start aside."""
        code = ("import resource; a = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]); import neuroalg as na; na.dim('mlp 2-3-1 x^2'); "
                "print(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - a)")
        best = min(float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout) for _ in range(3))
        self.assertLess(best, 0.3)

    def test_library_is_missing(self):
        environment = dict(os.environ, NEUROALG_LIBRARY="/nonexistent/libneuroalg.so.0")
        run = subprocess.run([sys.executable, "-c", "import neuroalg as na; na.dim('mlp 2-3-1 x^2')"], capture_output=True, text=True, env=environment)
        self.assertIn("libneuroalg was not found", run.stderr)
        self.assertIn("NEUROALG_LIBRARY", run.stderr)

    def test_no_leak(self):
        """Handles are freed: memory stays level over many calls."""
        code = """
import gc, resource, neuroalg as na
def go(n):
    for _ in range(n):
        na.dim("mlp 2-3-1 x^2", threads=1)
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
go(300)
a = go(100); b = go(600)
assert b - a < 3000, (a, b)
"""
        subprocess.run([sys.executable, "-c", code], check=True)


support.main()
