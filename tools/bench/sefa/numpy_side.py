"""SeFa in NumPy on weights of the given sizes, float32 as published programs have it, one JSON line per request."""

import json
import sys
import time

import numpy as np


def assemble(weights):
    """The weights side by side, columns of length 1, and their product [dim, dim]."""
    weight = np.concatenate([w.T for w in weights], axis=1)
    weight = weight / np.linalg.norm(weight, axis=0, keepdims=True)
    return weight @ weight.T


def timed(weights, solve):
    start = time.process_time()
    solve(assemble(weights))
    return 1e3 * (time.process_time() - start)


random = np.random.default_rng(0)
for line in sys.stdin:
    request = json.loads(line)
    weights = [random.standard_normal((rows, request["dim"])).astype(np.float32) for rows in request["widths"]]
    answer = {"eigh": timed(weights, np.linalg.eigh)}
    if request["eig"]:
        answer["eig"] = timed(weights, np.linalg.eig)
    print(json.dumps(answer), flush=True)
