"""The same network as a phrase, as an ONNX file and as a torch module: the same pipeline, dimension and degree.

SPDX-License-Identifier: LGPL-2.1-or-later
"""
import io
import unittest
import warnings

import support

support.need("numpy", "torch")

import numpy  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

import neuroalg as na  # noqa: E402
from networks import LinearAttention, LowRankAdapter, Polynomial, Residual, Square, Tied, dense, networks  # noqa: E402


def exported(module, example, **options):
    """The bytes that torch's exporter writes."""
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), example, stream, opset_version=13, **options)
    return stream.getvalue()


def filters(*sizes):
    layers = []
    for k in sizes:
        layers += [nn.Conv1d(1, 1, k, bias=False), Square()]
    return nn.Sequential(*layers[:-1])


def one_channel(*sizes):
    """The phrase of filters(sizes); `cnn k=... x^2` is the same without an axis of channels."""
    return f"input 1x{sum(sizes) - len(sizes) + 1} | " + " | x^2 | ".join(f"conv {k} out=1" for k in sizes)


def small_networks():
    """(phrase, module, example input): small enough for a degree in well under a second."""
    torch.manual_seed(3)
    cubic = lambda: Polynomial(1, 0, -2, 0.5)  # noqa: E731
    return [
        ("mlp 2-2-1 x^2", dense(2, 2, 1), (2,)),
        ("mlp 3-2-2-1 x^2", dense(3, 2, 2, 1), (3,)),
        ("linear 3-2-3", dense(3, 2, 3, activation=nn.Identity), (3,)),
        ("linear 3-1-3", dense(3, 1, 3, activation=nn.Identity), (3,)),
        ("mlp 1-2-1 x^3-2*x+1/2 bias", dense(1, 2, 1, activation=cubic, bias=True), (1,)),
        ("mlp 2-1-2 x^2+x", dense(2, 1, 2, activation=lambda: Polynomial(1, 1, 0)), (2,)),
        (one_channel(2, 2), filters(2, 2), (1, 3)),
        (one_channel(3, 2), filters(3, 2), (1, 4)),
        ("input 1x3x3 | conv2d 2x2 out=1 | x^2 | flatten | dense 1",
         nn.Sequential(nn.Conv2d(1, 1, 2, bias=False), Square(), nn.Flatten(), nn.Linear(4, 1, bias=False)), (1, 3, 3)),
        ("input 1x2x2 | conv2d 2x2 out=2 bias | x^2 | flatten | dense 1",
         nn.Sequential(nn.Conv2d(1, 2, 2), Square(), nn.Flatten(), nn.Linear(2, 1, bias=False)), (1, 2, 2)),
        ("attention d=2 a=1 t=2", LinearAttention(2, 1, 1), (2, 2)),
        ("input 3 | residual(dense 2 | x^2 | dense 3) | dense 1", nn.Sequential(Residual(dense(3, 2, 3)), nn.Linear(3, 1, bias=False)), (3,)),
        ("input 2 | dense 2 share=t1 | x^2 | dense 2 share=t1 | x^2 | dense 1", Tied(2), (2,)),
    ]


class ThreeWays(unittest.TestCase):
    def compare(self, phrase, module, example, degree=True):
        merged = "tied" if "share" in phrase else "untied" if phrase.endswith("bias") else None
        expected = na.Model(phrase)
        ways = [na.from_torch(module, example)] + [na.from_onnx_bytes(exported(module, example, do_constant_folding=fold), merged=merged) for fold in (True, False)]
        for model in ways:
            self.assertEqual(model.pipeline, expected.pipeline)
            self.assertTrue(numpy.array_equal(model.weights, ways[0].weights))
        for question in (na.dim, na.degree) if degree else (na.dim,):
            answers = [question(m) for m in [expected] + ways]
            key = "degree" if question is na.degree else "dimension"
            self.assertIsNotNone(answers[0][key])
            self.assertEqual({a[key] for a in answers}, {answers[0][key]})
            self.assertEqual({a.evidence.status for a in answers}, {answers[0].evidence.status})

    def test_small(self):
        """Pipeline, dimension, degree, and how they are known."""
        for phrase, module, shape in small_networks():
            with self.subTest(phrase):
                self.compare(phrase, module, torch.zeros(1, *shape))

    def test_ten_networks(self):
        """Pipeline and dimension of larger ones."""
        for name, module, example, phrase, _ in networks():
            if phrase and name != "zero biases":
                with self.subTest(name):
                    self.compare(phrase, module, example, degree=False)

    def test_random(self):
        """Random widths, filters and biases."""
        random = numpy.random.default_rng(11)
        torch.manual_seed(4)
        for number in range(8):
            if number % 2:
                sizes = [int(k) for k in random.integers(1, 4, size=2)]
                with self.subTest(sizes):
                    phrase = one_channel(*sizes)
                    self.compare(phrase, filters(*sizes), torch.zeros(1, 1, sum(sizes) - 1))
                    with_axis, without = na.degree(phrase), na.degree(f"cnn k={','.join(map(str, sizes))} x^2")
                    self.assertEqual((with_axis.degree, with_axis.evidence.status, with_axis.theorem), (without.degree, without.evidence.status, without.theorem))
            else:
                widths = [int(n) for n in random.integers(1, 3, size=3)]
                bias = bool(random.integers(0, 2))
                phrase = f"mlp {'-'.join(map(str, widths))} x^2{' bias' if bias else ''}"
                with self.subTest(phrase):
                    self.compare(phrase, dense(*widths, bias=bias), torch.zeros(1, widths[0]))

    def test_adapter(self):
        """B A plus a fixed matrix is a program in both files; its degree is that of the matrices of rank 1, moved."""
        torch.manual_seed(5)
        module, example = LowRankAdapter(3, 1, 2), torch.zeros(1, 3)
        walked = na.from_torch(module, example)
        read = na.from_onnx_bytes(exported(module, example, do_constant_folding=False), constants="base.weight")
        self.assertEqual(walked.pipeline, read.pipeline)
        expected = na.degree("linear 3-1-2")
        for model in (walked, read):
            self.assertEqual((na.dim(model).dimension, na.degree(model).degree), (expected.dimension, expected.degree))


support.main()
