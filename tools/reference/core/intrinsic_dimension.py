"""Prints the clouds and the estimates that packages/core/test/intrinsic-dimension expects, by scikit-dimension 0.5.0
and, where that departs from the definition, by the definition in NumPy. Needs scikit-dimension, scipy, numpy.

    python tools/reference/core/intrinsic_dimension.py > packages/core/test/intrinsic-dimension/estimates.json
"""

import json
import sys
import warnings

import numpy as np
import skdim
from scipy.optimize import brentq

warnings.filterwarnings("ignore")
RULES = {
    "fo": "FO",
    "fan": "Fan",
    "maxgap": "maxgap",
    "ratio": "ratio",
    "participation": "participation_ratio",
    "kaiser": "Kaiser",
    "broken-stick": "broken_stick",
}
FEW = 40
"""Neighbours of the neighbourhoods whose spectra are taken."""


def pca(x, rule):
    return float(skdim.id.lPCA(ver=RULES[rule], alphaRatio=0.95).fit(x).dimension_)


def local_pca(x, rule):
    estimator = skdim.id.lPCA(ver=RULES[rule], alphaRatio=0.95)
    return skdim.asPointwise(x, estimator, n_neighbors=FEW)


def mind(x, k=20):
    """The root of the derivative: scikit-dimension's minimiser stops at 1e-5, and at its cap on the dimension."""
    distances, _ = skdim.get_nn(x, k + 1)
    logarithms = np.log(distances[:, 0] / distances[:, -1])

    def slope(d):
        power = np.exp(d * logarithms)
        return len(x) / d + np.sum(logarithms - (k - 1) * power * logarithms / (1 - power))

    return brentq(slope, 1e-3, 1e4, xtol=1e-14, rtol=1e-15)


class Drawn:
    """Stands in for the random numbers of scikit-dimension's KNN, which draws with repetition."""

    def __init__(self, samples):
        self.samples = iter(samples)

    def randint(self, low, high, size):
        sample = next(self.samples)
        assert len(sample) == size
        return sample


def graph(x, k=5, sizes=(60, 80, 110), draws=2):
    rng = np.random.default_rng(7)
    samples = [rng.permutation(len(x))[:size] for size in sizes for _ in range(draws)]
    estimator = skdim.id.KNN(k=k, ps=np.array(sizes), M=draws, gamma=1)
    estimator._k, estimator._ps, estimator._rng = k, np.array(sizes), Drawn(samples)
    dimension, residual = estimator._knnDimEst(x)
    return {
        "k": k,
        "sizes": sizes,
        "samples": [sample.tolist() for sample in samples],
        "dimension": int(dimension),
        "residual": float(residual),
    }


def local(estimator, x, k):
    estimator.fit(x, n_neighbors=k)
    return {"dimension": float(estimator.dimension_), "local": estimator.dimension_pw_[:12].tolist()}


def estimates(x):
    mle = skdim.id.MLE().fit(x, n_neighbors=20, comb="mle")
    distances, indices = skdim.get_nn(x, 3)
    return {
        "points": x.tolist(),
        "neighbours": {"distances": distances[:5].tolist(), "indices": indices[:5].tolist()},
        "mle": {"dimension": float(mle.dimension_), "local": mle.dimension_pw_[:12].tolist()},
        "twonn": float(skdim.id.TwoNN().fit(x).dimension_),
        "twonn-mle": float(skdim.id.TwoNN(method="mle", discard_fraction=0).fit(x).dimension_),
        "correlation-integral": float(skdim.id.CorrInt(k1=10, k2=20).fit(x).dimension_),
        "mom": local(skdim.id.MOM(), x, 20),
        "mada": local(skdim.id.MADA(), x, 20),
        "tle": local(skdim.id.TLE(), x, 20),
        "ess": local(skdim.id.ESS(random_state=0), x, 100),
        "mind-mlk": mind(x),
        "mind-mlk of scikit-dimension": float(skdim.id.MiND_ML(k=20, D=20).fit(x).dimension_),
        "mind-mli": int(skdim.id.MiND_ML(k=20, D=20, ver="MLi").fit(x).dimension_),
        "fishers": float(skdim.id.FisherS().fit(x).dimension_),
        "graph": graph(x),
        "pca": {rule: pca(x, rule) for rule in RULES},
        "local pca": {rule: local_pca(x, rule)[:12].tolist() for rule in RULES},
    }


def clouds():
    rng = np.random.default_rng(20)
    flat = rng.normal(size=(120, 4)) * [3, 2, 1.5, 1] @ rng.normal(size=(4, 6)) + 0.1 * rng.normal(size=(120, 6)) + 5
    t, height = 1.5 * np.pi * (1 + 2 * rng.random(120)), 21 * rng.random(120)
    roll = np.stack([t * np.cos(t), height, t * np.sin(t)], 1)
    wide = rng.normal(size=(130, 30)) * 0.9 ** np.arange(30)
    for name, x in {"flat": flat, "roll": roll, "wide": wide}.items():
        yield name, np.round(x, 3)


def nearly_equal(k=20):
    """TLE where points nearly coincide, with its threshold relative to the distance to the last neighbour."""
    x = np.round(np.random.default_rng(3).normal(size=(40, 3)), 3)
    x[30:] = x[:10] + [1e-6, 2e-6, -1e-6]
    radii = skdim.get_nn(x, k)[0][:, -1]
    local = [skdim.id.TLE(epsilon=1e-4 * r).fit(x, n_neighbors=k).dimension_pw_[i] for i, r in enumerate(radii[:20])]
    return {"points": x.tolist(), "tle": local}


if __name__ == "__main__":
    golden = {"clouds": {name: estimates(x) for name, x in clouds()}, "nearly equal": nearly_equal()}
    json.dump(golden, sys.stdout, separators=(",", ":"))
    print()
