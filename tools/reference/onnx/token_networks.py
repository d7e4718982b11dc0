"""A miniature of the decoders that transformers.js runs: two branches in one file, with and without a cache of keys."""

import onnx
import torch
from onnx import TensorProto, helper
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, WORDS = 8, 2, 7


class CrossAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def heads(self, x):
        return x.view(x.shape[0], -1, HEADS, WIDTH // HEADS).transpose(1, 2)

    def remember(self, x):
        return self.heads(self.key(x)), self.heads(self.value(x))

    def forward(self, x, keys, values, bias):
        scores = self.heads(self.query(x)) @ keys.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5 + bias
        mixed = torch.softmax(scores, dim=-1) @ values
        return self.out(mixed.transpose(1, 2).reshape(x.shape[0], -1, WIDTH))


class TokenDecoder(nn.Module):
    """One layer of a decoder of words that attends to what an encoder made; the branch without a cache is `forward`."""

    code = ("encoder_hidden_states", (4, WIDTH))
    others = {
        "encoder_attention_mask": torch.tensor([[1, 1, 1, 0]]),
        "input_ids": torch.tensor([[3, 0, 5]]),
        "use_cache_branch": torch.tensor([False]),
    }

    def __init__(self):
        super().__init__()
        self.words, self.positions = nn.Embedding(WORDS, WIDTH), nn.Embedding(16, WIDTH)
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH) for _ in range(4)])
        self.own, self.cross = CrossAttention(), CrossAttention()
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 16), nn.GELU(), nn.Linear(16, WIDTH))

    def run(self, mask, input_ids, first, past, encoded):
        places = first + torch.arange(input_ids.shape[1])
        x = self.words(input_ids) + self.positions(places)
        keys, values = (torch.cat(pair, dim=2) for pair in zip(past, self.own.remember(self.norms[0](x)))) if past else self.own.remember(self.norms[0](x))
        later = torch.arange(keys.shape[2])[None] > places[:, None]
        hidden = torch.finfo(torch.float32).min
        x = x + self.own(self.norms[0](x), keys, values, torch.zeros(later.shape, dtype=x.dtype).masked_fill(later, hidden))
        bias = (1 - mask.to(x.dtype))[:, None, None] * hidden
        x = x + self.cross(self.norms[1](x), *encoded, bias)
        x = x + self.mlp(self.norms[2](x))
        return F.linear(self.norms[3](x), self.words.weight), keys, values

    def forward(self, encoder_hidden_states, encoder_attention_mask, input_ids, use_cache_branch):
        return self.run(encoder_attention_mask, input_ids, 0, None, self.cross.remember(encoder_hidden_states))[0]

    def write(self, path):
        """The branches exported one by one and joined by an If, as Optimum joins them."""
        names = [f"past_key_values.0.{part}" for part in ("decoder.key", "decoder.value", "encoder.key", "encoder.value")]
        outputs = ["logits", *(name.replace("past_key_values", "present") for name in names)]
        mask, ids, hidden = torch.ones(2, 4, dtype=torch.int64), torch.zeros(2, 3, dtype=torch.int64), torch.randn(2, 4, WIDTH)
        past = [torch.randn(2, HEADS, length, WIDTH // HEADS) for length in (5, 5, 4, 4)]
        without = Branch(self, lambda mask, ids, hidden: (0, None, self.cross.remember(hidden)), outputs)
        cached = Branch(self, lambda mask, ids, *past: (past[0].shape[2], past[:2], past[2:]), outputs)
        inputs = ["encoder_attention_mask", "input_ids", "encoder_hidden_states"]
        branches = [
            without.export(path, dict(zip(inputs, (mask, ids, hidden)))),
            cached.export(path, dict(zip([*inputs[:2], *names], (mask, ids[:, :1], *past)))),
        ]
        onnx.save(merge(*branches), path)


AXES = {
    "encoder_attention_mask": {0: "batch_size", 1: "encoder_sequence_length"},
    "input_ids": {0: "batch_size", 1: "decoder_sequence_length"},
    "encoder_hidden_states": {0: "batch_size", 1: "encoder_sequence_length"},
    "logits": {0: "batch_size", 1: "decoder_sequence_length"},
    "decoder.key": {0: "batch_size", 2: "past_decoder_sequence_length"},
    "encoder.key": {0: "batch_size", 2: "encoder_sequence_length"},
}


def axes(name):
    return AXES[name.replace("value", "key").split(".0.")[-1]]


class Branch(nn.Module):
    def __init__(self, decoder, course, outputs):
        super().__init__()
        self.decoder, self.course, self.outputs = decoder, course, outputs

    def forward(self, mask, ids, *rest):
        first, past, encoded = self.course(mask, ids, *rest)
        return (*self.decoder.run(mask, ids, first, past, encoded), *encoded)

    def export(self, path, inputs):
        names = {"input_names": list(inputs), "output_names": self.outputs}
        dynamic = {name: axes(name) for name in (*inputs, *self.outputs)}
        torch.onnx.export(self, tuple(inputs.values()), path, dynamo=False, opset_version=17, dynamic_axes=dynamic, **names)
        return onnx.load(path)


def merge(without, cached):
    """If(use_cache_branch): weights on top, where both branches read them."""
    weights, branches = {}, {}
    for key, model in (("else_branch", without), ("then_branch", cached)):
        graph = model.graph
        rename = {tensor.name: f"{key}_{tensor.name}" for tensor in graph.initializer if tensor.name.startswith("onnx::")}
        for tensor in graph.initializer:
            tensor.name = rename.get(tensor.name, tensor.name)
            weights[tensor.name] = tensor
        for node in graph.node:
            node.input[:] = [rename.get(name, name) for name in node.input]
        branches[key] = helper.make_graph(graph.node, key, [], graph.output)
    flag = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    inputs = {value.name: value for model in (without, cached) for value in model.graph.input}
    outputs = [value for value in without.graph.output]
    node = helper.make_node("If", ["use_cache_branch"], [value.name for value in outputs], **branches)
    graph = helper.make_graph([node], "merged", [*inputs.values(), flag], outputs, list(weights.values()))
    return helper.make_model(graph, opset_imports=without.opset_import, ir_version=without.ir_version, producer_name="optimum-onnx")


TOKEN_NETWORKS = {"token_decoder": TokenDecoder}
