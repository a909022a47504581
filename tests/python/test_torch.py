"""Networks built in torch against the phrases that mean the same: pipeline, dimension, degree, value.

SPDX-License-Identifier: LGPL-2.1-or-later
"""
import io
import pickle
import unittest
import warnings

import support

support.need("numpy", "torch")

import numpy  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

import neuroalg as na  # noqa: E402
from networks import LowRankAdapter, Polynomial, Square, Tied, dense, networks, zero_biases  # noqa: E402


class TenNetworks(unittest.TestCase):
    def test_dimension(self):
        for name, module, example, phrase, dimension in networks():
            with self.subTest(name):
                model = na.from_torch(module, example)
                result = na.dim(model)
                expected = na.dim(phrase).dimension if phrase else dimension
                if dimension is not None:
                    self.assertEqual(expected, dimension)
                self.assertEqual(result.dimension, expected)
                trained = {id(p): p.numel() for p in module.parameters() if p.requires_grad}
                self.assertEqual(model.parameters, sum(trained.values()))
                self.assertEqual(len(model.weights), model.parameters)

    def test_pipeline_and_degree(self):
        """The layers are found again, so theorems and names of symmetries are those of the phrase."""
        for name, module, example, phrase, _ in networks():
            if phrase and name not in ("zero biases",):
                with self.subTest(name):
                    model = na.from_torch(module, example)
                    self.assertEqual(model.pipeline, na.Model(phrase).pipeline)
        for module, example, phrase in ((dense(2, 2, 1), torch.zeros(1, 2), "mlp 2-2-1 x^2"), (dense(3, 2, 3, activation=nn.Identity), torch.zeros(1, 3), "linear 3-2-3"),
                                        (nn.Sequential(nn.Conv1d(1, 1, 2, bias=False), Square(), nn.Conv1d(1, 1, 2, bias=False)), torch.zeros(1, 1, 3), "cnn k=2,2 x^2")):
            with self.subTest(phrase):
                self.assertEqual(na.degree(na.from_torch(module, example)).degree, na.degree(phrase).degree)


class RandomNetworks(unittest.TestCase):
    def test_same_as_the_phrase(self):
        """Random widths, polynomials and biases: pipeline, dimension and, for small ones, degree."""
        random = numpy.random.default_rng(7)
        for number in range(12):
            widths = [int(n) for n in random.integers(1, 4, size=random.integers(3, 5))]
            coefficients = [int(c) for c in random.integers(-2, 3, size=2)]
            coefficients = [int(random.integers(1, 3)), *coefficients, 0] if number % 2 else [1, 0, 0]
            bias = bool(random.integers(0, 2))
            terms = [f"{c}*x^{len(coefficients) - 1 - k}" for k, c in enumerate(coefficients) if c]
            phrase = f"mlp {'-'.join(map(str, widths))} {'+'.join(terms).replace('+-', '-')}{' bias' if bias else ''}"
            module = dense(*widths, activation=lambda: Polynomial(*coefficients), bias=bias)
            with self.subTest(phrase):
                model, expected = na.from_torch(module, torch.zeros(1, widths[0])), na.dim(phrase)
                found = na.dim(model)
                self.assertEqual(model.pipeline, na.Model(phrase).pipeline)
                self.assertEqual((found.dimension, found.expected, found.ambient), (expected.dimension, expected.expected, expected.ambient))
                if expected.dimension <= 4:
                    self.assertEqual(na.degree(model).degree, na.degree(phrase).degree)


class Weights(unittest.TestCase):
    def test_order_and_values(self):
        """The weights are those of the phrase's order: W row by row, then b."""
        torch.manual_seed(2)
        module = dense(2, 3, 1, bias=True)
        expected = numpy.concatenate([p.detach().numpy().ravel() for p in module.parameters()])
        self.assertTrue((na.from_torch(module, torch.zeros(1, 2)).weights == expected).all())
        double = dense(2, 3, 1).double()
        expected = numpy.concatenate([p.detach().numpy().ravel() for p in double.parameters()])
        self.assertTrue((na.from_torch(double, torch.zeros(1, 2, dtype=torch.float64)).weights == expected).all())

    def test_local_dimension(self):
        """At zero biases and equal rows the rank drops; at random weights it does not."""
        module = dense(2, 3, 1)
        self.assertEqual(na.dim(na.from_torch(module, torch.zeros(1, 2))).local_dimension, 3)
        for parameter in module.parameters():
            nn.init.zeros_(parameter)
        self.assertEqual(na.dim(na.from_torch(module, torch.zeros(1, 2))).local_dimension, 0)

    def test_left_as_it_is(self):
        module = dense(2, 3, 1, bias=True).train()
        before = {name: value.clone() for name, value in module.state_dict().items()}
        na.from_torch(module, torch.zeros(1, 2))
        self.assertTrue(module.training)
        self.assertTrue(all((value == before[name]).all() for name, value in module.state_dict().items()))
        self.assertTrue(all(p.requires_grad for p in module.parameters()))

    def test_pickle(self):
        model = na.from_torch(Tied(2), torch.zeros(1, 2))
        again = pickle.loads(pickle.dumps(model))
        self.assertEqual(again.pipeline, model.pipeline)
        self.assertTrue((again.weights == model.weights).all())


class Tying(unittest.TestCase):
    def test_equal_values_are_not_tied(self):
        """Biases that start at zero are several; an exporter merges them, and a file that did so is refused rather than answered wrongly."""
        module = zero_biases()
        self.assertEqual(na.from_torch(module, torch.zeros(1, 2)).parameters, sum(p.numel() for p in module.parameters()))
        stream = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(module, torch.zeros(1, 2), stream, opset_version=13)
        with self.assertRaises(na.NeuroalgError):
            na.from_onnx_bytes(stream.getvalue())
        untied = na.from_onnx_bytes(stream.getvalue(), merged="untied")
        self.assertEqual(untied.parameters, na.Model("mlp 2-3-3-1 x^2 bias").parameters)

    def test_shared_are_tied(self):
        module = nn.Sequential(nn.Linear(2, 2, bias=False), Square(), nn.Linear(2, 2, bias=False), Square(), nn.Linear(2, 1, bias=False))
        module[2].weight = module[0].weight
        self.assertEqual(na.from_torch(module, torch.zeros(1, 2)).parameters, 6)
        module[2].weight = nn.Parameter(module[0].weight.detach().clone())  # equal, not shared
        self.assertEqual(na.from_torch(module, torch.zeros(1, 2)).parameters, 10)

    def test_frozen(self):
        """A frozen W: W + BA has the dimension of the matrices of rank 2 wherever W is; trained, it fills."""
        module = LowRankAdapter(4, 2, 3)
        self.assertEqual(na.dim(na.from_torch(module, torch.zeros(1, 4))).dimension, 10)
        module.base.weight.requires_grad_(True)
        self.assertEqual(na.dim(na.from_torch(module, torch.zeros(1, 4))).dimension, 12)

    def test_buffers(self):
        """Running statistics of a batch normalisation are constants, its scale and shift parameters."""
        module = nn.Sequential(nn.Linear(2, 3, bias=False), nn.BatchNorm1d(3), Square(), nn.Linear(3, 1, bias=False))
        model = na.from_torch(module, torch.zeros(1, 2))
        self.assertEqual(model.parameters, 6 + 6 + 3)
        self.assertEqual(na.dim(model).dimension, na.dim("input 2 | dense 3 bias | x^2 | dense 1").dimension)

    def test_equal_constants(self):
        """An exporter merges running statistics and frozen biases that are equal; they are constants all the same. An affine map after a dense layer
        with a bias changes nothing, and without biases the functions are those of the phrase."""
        fresh = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), Square(), nn.Linear(3, 2), nn.BatchNorm1d(2))
        model = na.from_torch(fresh, torch.zeros(1, 2))
        self.assertEqual(model.parameters, sum(p.numel() for p in fresh.parameters()))
        self.assertEqual(na.dim(model).dimension, na.dim("mlp 2-3-2 x^2 bias").dimension)
        frozen = zero_biases()
        for name, parameter in frozen.named_parameters():
            parameter.requires_grad_(not name.endswith("bias"))
        model = na.from_torch(frozen, torch.zeros(1, 2))
        self.assertEqual(model.parameters, 2 * 3 + 3 * 3 + 3)
        self.assertEqual(na.dim(model).dimension, na.dim("mlp 2-3-3-1 x^2").dimension)

    def test_normalised_convolution(self):
        """torch would fold the normalisation into the convolution: its parameters stay."""
        module = nn.Sequential(nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), Square(), nn.Flatten(), nn.Linear(8, 1))
        model = na.from_torch(module, torch.zeros(1, 1, 3, 3))
        self.assertEqual(model.parameters, sum(p.numel() for p in module.parameters()))
        self.assertEqual(na.dim(model).dimension, na.dim("input 1x3x3 | conv2d 2x2 out=2 bias | x^2 | flatten | dense 1 bias").dimension)


class Refusals(unittest.TestCase):
    def test_not_algebraic(self):
        for layer, word in ((nn.Tanh(), "Tanh"), (nn.Softmax(dim=-1), "Softmax"), (nn.GELU(), "Erf")):
            with self.subTest(word), self.assertRaisesRegex(na.NeuroalgError, word):
                na.from_torch(nn.Sequential(nn.Linear(2, 3), layer, nn.Linear(3, 1)), torch.zeros(1, 2))

    def test_bad_modules(self):
        class Broken(nn.Module):
            def __init__(self):
                super().__init__()
                self.w = nn.Parameter(torch.zeros(2))

            def forward(self, x):
                raise RuntimeError("no forward")

        unused = dense(2, 2, 1)
        unused.extra = nn.Parameter(torch.ones(3))
        half, infinite, frozen = dense(2, 2, 1).half(), dense(2, 2, 1), dense(2, 2, 1).requires_grad_(False)
        nn.init.constant_(infinite[0].weight, float("nan"))
        normed = torch.nn.utils.weight_norm(nn.Linear(2, 2))
        for module, example in ((3, None), (normed, torch.zeros(1, 2)), (Broken(), torch.zeros(1, 2)), (half, torch.zeros(1, 2)), (infinite, torch.zeros(1, 2)), (frozen, torch.zeros(1, 2)),
                                (dense(2, 2, 1), torch.zeros(1, 5))):
            with self.assertRaises(na.NeuroalgError):
                na.from_torch(module, example)


support.main()
