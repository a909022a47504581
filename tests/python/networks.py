"""Ten networks in torch, each with the phrase that means the same.  SPDX-License-Identifier: LGPL-2.1-or-later"""
import torch
from torch import nn


class Polynomial(nn.Module):
    """A fixed polynomial, highest power first."""

    def __init__(self, *coefficients):
        super().__init__()
        self.coefficients = coefficients

    def forward(self, x):
        degree = len(self.coefficients) - 1
        terms = [c * x**(degree - k) if k < degree else c for k, c in enumerate(self.coefficients) if c]
        return sum(terms[1:], terms[0])


class Square(nn.Module):
    def forward(self, x):
        return x**2


class LinearAttention(nn.Module):
    """sum over heads of V X (X^T K^T Q X) for X of d features x t tokens."""

    def __init__(self, d, a, heads):
        super().__init__()
        self.query = nn.ParameterList(nn.Parameter(torch.randn(a, d)) for _ in range(heads))
        self.key = nn.ParameterList(nn.Parameter(torch.randn(a, d)) for _ in range(heads))
        self.value = nn.ParameterList(nn.Parameter(torch.randn(d, d)) for _ in range(heads))

    def forward(self, x):
        out = 0
        for q, k, v in zip(self.query, self.key, self.value):
            scores = (k @ x).transpose(-1, -2) @ (q @ x)
            out = out + v @ x @ scores
        return out


class Residual(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x):
        return x + self.block(x)


class LowRankAdapter(nn.Module):
    """W x + B A x with W frozen."""

    def __init__(self, n, rank, m):
        super().__init__()
        self.base = nn.Linear(n, m, bias=False)
        self.base.weight.requires_grad_(False)
        self.down = nn.Linear(n, rank, bias=False)
        self.up = nn.Linear(rank, m, bias=False)

    def forward(self, x):
        return self.base(x) + self.up(self.down(x))


class Tied(nn.Module):
    """One layer used twice."""

    def __init__(self, n):
        super().__init__()
        self.inner = nn.Linear(n, n, bias=False)
        self.last = nn.Linear(n, 1, bias=False)

    def forward(self, x):
        x = self.inner(x) ** 2
        return self.last(self.inner(x) ** 2)


def zero_biases():
    model = nn.Sequential(nn.Linear(2, 3), Square(), nn.Linear(3, 3), Square(), nn.Linear(3, 1))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.bias)
    return model


def frozen_first_layer():
    model = nn.Sequential(nn.Linear(2, 4, bias=False), Square(), nn.Linear(4, 2, bias=False))
    model[0].weight.requires_grad_(False)
    return model


def dense(*widths, activation=Square, bias=False):
    layers = []
    for n, m in zip(widths, widths[1:]):
        layers += [nn.Linear(n, m, bias=bias), activation()]
    return nn.Sequential(*layers[:-1])


def networks():
    """(name, module, example input, phrase or None, dimension). The dimension is that of the phrase (tests/known and exact rank) or, for models that no
    phrase means, from theory: matrices of rank r have r (n + m - r) dimensions; a frozen first layer of 4 generic squares in 2 variables
    spans all 3 quadratic forms, so two outputs have 6."""
    torch.manual_seed(1)
    return [
        ("squares", dense(4, 5, 5, 5, 1), torch.zeros(1, 4), "mlp 4-5-5-5-1 x^2", 50),
        ("polynomial", dense(2, 3, 1, activation=lambda: Polynomial(1, 0, -2, 0.5), bias=True), torch.zeros(1, 2), "mlp 2-3-1 x^3-2*x+1/2 bias", None),
        ("convolutions in one dimension", nn.Sequential(nn.Conv1d(1, 1, 3, bias=False), Square(), nn.Conv1d(1, 1, 3, stride=2, bias=False)), torch.zeros(1, 1, 9),
         "input 1x9 | conv 3 out=1 | x^2 | conv 3 stride=2 out=1", 5),
        ("convolutions in two dimensions", nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), Square(), nn.Flatten(), nn.Linear(8, 2, bias=False)), torch.zeros(1, 1, 4, 4),
         "input 1x4x4 | conv2d 3x3 out=2 | x^2 | flatten | dense 2", None),
        ("linear attention with two heads", LinearAttention(2, 1, 2), torch.zeros(1, 2, 3), "attention d=2 a=1 t=3 heads=2", None),
        ("residual", nn.Sequential(Residual(dense(3, 4, 3)), nn.Linear(3, 1, bias=False)), torch.zeros(1, 3), "input 3 | residual(dense 4 | x^2 | dense 3) | dense 1", None),
        ("low-rank adapter", LowRankAdapter(4, 2, 3), torch.zeros(1, 4), None, 2 * (4 + 3 - 2)),
        ("tied weights", Tied(3), torch.zeros(1, 3), "input 3 | dense 3 share=t1 | x^2 | dense 3 share=t1 | x^2 | dense 1", None),
        ("zero biases", zero_biases(), torch.zeros(1, 2), "mlp 2-3-3-1 x^2 bias", None),
        ("frozen layer", frozen_first_layer(), torch.zeros(1, 2), None, 6),
    ]
