"""Models from PyTorch modules.

The module is exported to ONNX by torch itself and read back by the library, so any module that torch can trace is understood as far as its
operations are algebraic; the library's refusal names the operations that are not.

Two things are lost on the way and are kept here. An exporter merges parameters that have equal values, such as two biases that start at zero, as if they were
tied: a copy in which random values tell them apart is exported, so that what is merged is what the module shares; then the true values are put back into the bytes.
And ONNX does not say what is trained: parameters with requires_grad are parameters, all other tensors constants.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

from __future__ import annotations

import copy
import inspect
import io
import warnings
from typing import TYPE_CHECKING, Any

from ._errors import InputError, NeuroalgError, UnsupportedError
from ._model import Model
from ._onnx import from_onnx_bytes

if TYPE_CHECKING:
    import torch

OPSET = 13


def _copy(module: "torch.nn.Module") -> "torch.nn.Module":
    try:
        return copy.deepcopy(module).eval()
    except Exception as error:  # weights that are computed before the call, such as those of torch.nn.utils.weight_norm
        raise UnsupportedError(f"the module cannot be copied: {error}", type(error).__name__, "remove parametrisations first: torch.nn.utils.remove_weight_norm(...)",
                               "unsupported") from error


def _bytes(tensor: "torch.Tensor") -> bytes:
    return tensor.detach().contiguous().cpu().numpy().tobytes()


def _fixed(module: "torch.nn.Module") -> "list[tuple[str, torch.Tensor]]":
    """Real tensors that are not trained."""
    return [(name, p) for name, p in module.named_parameters() if not p.requires_grad] + [(name, b) for name, b in module.named_buffers() if b.is_floating_point()]


def _disguise(module: "torch.nn.Module", seed: int) -> dict[str, tuple[bytes, bytes, bool]]:
    """Random values for the trainable parameters, and for other tensors that are equal to each other; of each the random and the true bytes, and whether
    it is trained."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    fixed = _fixed(module)
    values = [(tuple(tensor.shape), _bytes(tensor)) for _, tensor in fixed]
    tensors: "list[tuple[str, torch.Tensor, bool]]" = [(name, p, True) for name, p in module.named_parameters() if p.requires_grad]
    tensors += [(name, tensor, False) for (name, tensor), value in zip(fixed, values) if values.count(value) > 1]
    swaps: dict[str, tuple[bytes, bytes, bool]] = {}
    for name, tensor, trained in tensors:
        if tensor.numel() == 0:
            continue
        true = _bytes(tensor)
        with torch.no_grad():
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator, dtype=torch.float64).to(tensor.dtype))
        swaps[name] = (_bytes(tensor), true, trained)
    return swaps


def _export(module: "torch.nn.Module", example_input: Any) -> bytes:
    import torch

    # the module is in evaluation mode; EVAL would also fold batch normalisations into the convolutions before them
    options: dict[str, Any] = dict(opset_version=OPSET, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE, input_names=["input"], output_names=["output"])
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        options["dynamo"] = False
    stream = io.BytesIO()
    inputs = example_input if isinstance(example_input, tuple) else (example_input,)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, inputs, stream, **options)
    return stream.getvalue()


def _restore(data: bytes, swaps: dict[str, tuple[bytes, bytes, bool]]) -> bytes | None:
    """The true values in place of the random ones; None when a value is not there exactly once."""
    for random, true, trained in swaps.values():
        count = data.count(random)
        if count > 1 or (trained and count == 0):
            return None
        data = data.replace(random, true)
    return data


def _is_tensor(data: bytes, name: str) -> bool:
    """An initializer of this name: field 8 (name) of a TensorProto."""
    text = name.encode()
    length = bytes([len(text)]) if len(text) < 128 else bytes([len(text) & 127 | 128, len(text) >> 7])
    return b"\x42" + length + text in data


def _constants(data: bytes, module: "torch.nn.Module") -> list[str]:
    """Names in the file of what is not trained."""
    found = []
    for name, tensor in _fixed(module):
        if _is_tensor(data, name):
            found.append(name)
        elif tensor.numel() > 1 and _bytes(tensor) in data:
            raise UnsupportedError(f"the exporter gave '{name}' another name, so it would be taken for a parameter", name, "export to ONNX and use from_onnx(constants=...)",
                                   "unsupported")
    return found


def from_torch(module: "torch.nn.Module", example_input: Any) -> Model:
    """The network of a torch.nn.Module, with its weights.

    example_input is one input (a batch of one) as the module takes it. Parameters that are one object are tied; those with
    ``requires_grad=False`` and all buffers are constants. The module is left as it is and is taken in evaluation mode."""
    import torch

    if not isinstance(module, torch.nn.Module):
        raise InputError(f"{type(module).__name__} is no torch.nn.Module", "module", "give a module such as torch.nn.Sequential(...)", "argument")
    for name, parameter in module.named_parameters():
        if not parameter.dtype.is_floating_point or parameter.dtype not in (torch.float32, torch.float64):
            raise UnsupportedError(f"the parameter '{name}' has the type {parameter.dtype}", name, "convert the module: module.float() or module.double()", "unsupported")
        if not bool(torch.isfinite(parameter).all()):
            raise InputError(f"the parameter '{name}' holds numbers that are not finite", name, "give finite weights", "argument")
    trained = [name for name, parameter in module.named_parameters() if parameter.requires_grad]
    if not trained:
        raise InputError("the module has no parameter with requires_grad", "module", "unfreeze a layer: parameter.requires_grad_(True)", "argument")
    for seed in range(3):  # random bytes could occur twice
        disguised = _copy(module)
        swaps = _disguise(disguised, seed)
        try:
            data = _restore(exported := _export(disguised, example_input), swaps)
        except Exception as error:  # torch's own complaint, whatever its class
            raise UnsupportedError(f"torch cannot export this module: {error}", type(error).__name__, "see torch.onnx.export; the module must be traceable", "unsupported") from error
        if data is not None:
            return from_onnx_bytes(data, constants=_constants(data, module), parameters=trained, merged="tied", name="torch module")
    unused = [name for name, (random, _, is_trained) in swaps.items() if is_trained and random not in exported]
    if unused and all(exported.count(random) <= 1 for random, _, _ in swaps.values()):
        raise UnsupportedError(f"the output does not depend on {', '.join(unused)}, or the exporter changed it", "module",
                               "freeze what is not used: parameter.requires_grad_(False)", "unsupported")
    raise NeuroalgError("the exported values cannot be told apart", "module", "report this module", "internal")

