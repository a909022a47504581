"""Gradient descent, written here in NumPy, against `landscape`: 200 runs from random starts on each of ten random data sets of seven models. No
run may end below the least loss that is listed (or, where no weights attain it, `infimum_at_most`), and every run's limit must be in the list or
in `limits`. Only the phrase, the data and the listed numbers are shared with the library.  SPDX-License-Identifier: LGPL-2.1-or-later
"""
import unittest

import support

support.need("numpy")

import numpy as np  # noqa: E402

import neuroalg as na  # noqa: E402

RUNS, SETS = 200, 10
DESCENT = 2000  # steps of gradient descent, each run with its own step size
TAIL = 1500  # most damped Gauss-Newton steps, which only shorten the last part of a descent
REST = 1e-8
SAME = 1e-3  # distance of functions on the data, relative to the targets
NEAR = 3e-2  # the same for limits, which weights approach as slowly as they grow
MODELS = [  # phrase, inputs, outputs, samples
    ("cnn k=2,2 x^2", 3, 1, 12),
    ("linear 3-2-3", 3, 3, 9),
    ("mlp 2-1-2 x^2", 2, 2, 8),
    ("cnn k=2,2 s=2,1 linear", 4, 1, 10),
    ("mlp 2-1-1 x^2 bias", 2, 1, 12),
    ("mlp 2-2-1 x^3", 2, 1, 12),
    ("mlp 2-1-1 x^2+x", 2, 1, 12),
]


def polynomial(text):
    """x^3-2*x as a list of (coefficient, exponent)."""
    terms = []
    for term in text.replace("-", "+-").strip("+").split("+"):
        factor, _, power = term.partition("x")
        number = {"": 1.0, "-": -1.0}.get(factor.rstrip("*"))
        terms.append((float(factor.rstrip("*")) if number is None else number, int(power[1:] or 1) if "x" in term else 0))
    return terms


class Network:
    """The pipeline that `show` prints, for many weights at a time."""

    def __init__(self, pipeline):
        head, *self.layers = [part.split() for part in pipeline.split(" | ")]
        self.inputs, self.weights = int(head[1]), 0
        size = self.inputs
        for layer in self.layers:
            size, count = self.layer_size(layer, size)
            self.weights += count

    @staticmethod
    def layer_size(layer, size):
        if layer[0] == "dense":
            width = int(layer[1])
            return width, width * (size + ("bias" in layer))
        if layer[0] == "conv":
            filter_size, stride = Network.filter(layer)
            return (size - filter_size) // stride + 1, filter_size
        return size, 0

    @staticmethod
    def filter(layer):
        return int(layer[1]), int(layer[2].split("=")[1]) if len(layer) > 2 else 1

    def __call__(self, w, x):
        """Weights runs x weights, inputs samples x inputs: runs x samples x outputs."""
        h, at = np.broadcast_to(x, (len(w), *x.shape)), 0
        for layer in self.layers:
            size, count = self.layer_size(layer, h.shape[2])
            own, at = w[:, at:at + count], at + count
            if layer[0] == "dense":
                matrix = own[:, :size * h.shape[2]].reshape(len(w), size, h.shape[2])
                h = np.einsum("roi,rsi->rso", matrix, h)
                if "bias" in layer:
                    h = h + own[:, None, -size:]
            elif layer[0] == "conv":
                k, stride = self.filter(layer)
                h = sum(own[:, None, None, i] * h[:, :, i:i + (size - 1) * stride + 1:stride] for i in range(k))
            else:
                h = sum(c * h**e if e else c for c, e in polynomial(layer[0]))
        return h.reshape(len(w), -1)

    def derivative(self, w, x):
        """By complex steps, which are exact for polynomials: runs x values x weights."""
        step = 1e-30
        columns = []
        for i in range(self.weights):
            moved = w.astype(complex)
            moved[:, i] += 1j * step
            columns.append(self(moved, x).imag / step)
        return np.stack(columns, axis=2)


def squares(r):
    return np.sum(r * r, axis=1)


def descend(f, w, x, y):
    """A step that raises the loss is taken back and halved; one that does not is lengthened."""
    step = np.full(len(w), 1e-3)
    r = f(w, x) - y
    for _ in range(DESCENT):
        gradient = np.einsum("rvw,rv->rw", f.derivative(w, x), r)
        trial = w - step[:, None] * gradient
        after = f(trial, x) - y
        good = squares(after) <= squares(r)
        w, r = np.where(good[:, None], trial, w), np.where(good[:, None], after, r)
        step *= np.where(good, 1.1, 0.5)
    return w


def finish(f, w, x, y):
    """Runs that rest drop out: gradients times weights of a hundred-millionth of the squared targets."""
    w, moving = w.copy(), np.arange(len(w))
    damping, rest = np.full(len(w), 1.0), REST * np.sum(y * y)
    r = f(w, x) - y
    for _ in range(TAIL):
        j = f.derivative(w[moving], x)
        gradient = np.einsum("rvi,rv->ri", j, r[moving])
        stays = np.linalg.norm(gradient * np.abs(w[moving]), axis=1) > rest
        moving, j, gradient = moving[stays], j[stays], gradient[stays]
        if not len(moving):
            break
        normal = np.einsum("rvi,rvj->rij", j, j)
        scale = np.einsum("rii->ri", normal)  # weights of very different sizes on the way to a limit
        scale = np.maximum(scale, 1e-12 * np.max(scale, axis=1, keepdims=True)) + 1e-300
        normal += (damping[moving, None] * scale)[:, :, None] * np.eye(f.weights)
        trial = w[moving] - np.linalg.solve(normal, gradient[:, :, None])[:, :, 0]
        after = f(trial, x) - y
        good = squares(after) <= squares(r[moving])
        w[moving], r[moving] = np.where(good[:, None], trial, w[moving]), np.where(good[:, None], after, r[moving])
        damping[moving] = np.clip(damping[moving] * np.where(good, 0.5, 4), 1e-14, 1e12)
    return w


def functions(rows, network, x):
    """Loss and values on the data of all rows, at the weights they list."""
    return [(row["loss"], network(np.array([row["weights"]]), x)[0]) for row in rows]


class GradientDescent(unittest.TestCase):
    def check(self, phrase, inputs, outputs, samples, number):
        random = np.random.default_rng(1000 * number + 17)
        x, y = random.standard_normal((samples, inputs)), random.standard_normal((samples, outputs))
        found = na.landscape(phrase, (x, y))
        f = Network(na.show(phrase).pipeline)
        known, limits = functions(found.critical_points, f, x), []
        for row in found.limits:
            limits += functions([row], Network(row["network"]), x)
        y = y.reshape(-1)
        size = np.sum(y * y)
        for loss, values in known + limits:
            self.assertLess(abs(np.sum((values - y)**2) - loss), 1e-9 * size, f"{phrase}: a listed loss is not that of the listed weights")
        w = finish(f, descend(f, random.standard_normal((RUNS, f.weights)), x, y), x, y)
        ends, least = f(w, x), found.global_minimum["loss"]
        if found.global_minimum["infimum_at_most"] is not None:
            least = found.global_minimum["infimum_at_most"]
        losses = squares(ends - y)
        self.assertGreater(np.min(losses), least - 1e-9 * size, f"{phrase}, data {number}: a run ends lower")
        distances = [squares(ends - values) / SAME**2 for _, values in known] + [squares(ends - values) / NEAR**2 for _, values in limits]
        lost = np.min(distances, axis=0) > size
        self.assertFalse(np.any(lost), f"{phrase}, data {number}: {np.sum(lost)} runs end elsewhere, losses {losses[lost][:5]}; {least}")

    def test_ends(self):
        for model in MODELS:
            for number in range(SETS):
                with self.subTest(phrase=model[0], data=number):
                    self.check(*model, number)


if __name__ == "__main__":
    support.main()
