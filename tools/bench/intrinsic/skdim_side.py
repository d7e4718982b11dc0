"""Estimates by scikit-dimension, one JSON line per request, in CPU time."""

import json
import math
import sys
import time
import warnings

import numpy as np
import skdim

warnings.filterwarnings("ignore")

ESTIMATORS = {
    "mle": lambda x: skdim.id.MLE().fit(x, n_neighbors=20, comb="mle"),
    "twonn": lambda x: skdim.id.TwoNN().fit(x),
    "correlation-integral": lambda x: skdim.id.CorrInt(k1=10, k2=20).fit(x),
    "mom": lambda x: skdim.id.MOM().fit(x, n_neighbors=20),
    "mada": lambda x: skdim.id.MADA().fit(x, n_neighbors=20),
    "tle": lambda x: skdim.id.TLE().fit(x, n_neighbors=20),
    "ess": lambda x: skdim.id.ESS(random_state=0).fit(x, n_neighbors=100),
    "mind-mlk": lambda x: skdim.id.MiND_ML(k=20, D=200).fit(x),
    "fishers": lambda x: skdim.id.FisherS().fit(x),
    "pca-participation": lambda x: skdim.id.lPCA(ver="participation_ratio").fit(x),
}

# What is compiled at the first call is compiled before the clock runs; ESS compiles nothing, and takes long.
for name, estimator in ESTIMATORS.items():
    if name != "ess":
        estimator(np.random.default_rng(0).normal(size=(150, 4)))

for line in sys.stdin:
    request = json.loads(line)
    points = np.fromfile(request["path"]).reshape(-1, request["dim"])
    start = time.process_time()
    found = ESTIMATORS[request["name"]](points)
    milliseconds = 1e3 * (time.process_time() - start)
    # FisherS has no estimate where all points are separable: NaN, which JSON does not have.
    dimension = float(found.dimension_)
    answer = {"milliseconds": milliseconds, "dimension": dimension if math.isfinite(dimension) else None}
    print(json.dumps(answer), flush=True)
