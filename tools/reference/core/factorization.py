"""Writes the reference values of SeFa and of principal components of packages/core/test/factorization.json.

    python tools/reference/core/factorization.py

SeFa is written here as the published programs have it, on made-up styles of a StyleGAN2 with two resolutions:
`official` transposes and joins the weights, scales every column of the [dim, rows] matrix to length 1 and takes the
eigenvectors of W Wᵀ; `raw` takes the right singular vectors of the joined weights as they are, without those of maps to
colours. GANSpace regresses the codes on the standardised coordinates by least squares. Needs NumPy and scikit-learn.
"""

import json
import pathlib

import numpy as np
from sklearn.decomposition import PCA

folder = pathlib.Path(__file__).parents[3] / "packages/core/test"
random = np.random.default_rng(7)


def rounded(array):
    return np.round(np.asarray(array, dtype=np.float64), 14).tolist()


def oriented(rows):
    """Rows whose entry of largest magnitude is positive."""
    at = np.abs(rows).argmax(axis=1)
    return rows * np.sign(rows[np.arange(len(rows)), at])[:, None]


def official(weights):
    weight = np.concatenate([w.T for w in weights], axis=1)
    weight = weight / np.linalg.norm(weight, axis=0, keepdims=True)
    values, vectors = np.linalg.eig(weight @ weight.T)
    order = np.argsort(-values)
    return values[order], oriented(vectors.T[order])


def raw(weights):
    _, s, vt = np.linalg.svd(np.concatenate(weights), full_matrices=False)
    return s**2, oriented(vt)


dim = 6
layers = [(0, 8, False), (1, 8, True), (1, 8, False), (2, 5, False), (3, 5, True)]
maps = [
    {"layer": layer, "isToRgb": rgb, "weight": np.round((layer + 1) * random.standard_normal((rows, dim)), 6)}
    for layer, rows, rgb in layers
]


def chosen(rgb_layers, only=range(4)):
    return [m["weight"] for m in maps if m["layer"] in only and (not m["isToRgb"] or m["layer"] in rgb_layers)]


variants = {
    "official": official(chosen([3])),
    "raw": raw(chosen([])),
    "noToRgb": official(chosen([])),
    "officialLayers12": official(chosen([3], [1, 2])),
}

latent = random.standard_normal((40, 3))
mixing = random.standard_normal((3, 5))
samples = np.round(np.tanh(latent @ mixing) + 10, 6)
latent = np.round(latent, 6)
pca = PCA(4).fit(samples)
components = oriented(pca.components_)
coordinates = (samples - samples.mean(0)) @ components.T / np.sqrt(pca.explained_variance_)
solution = np.linalg.lstsq(coordinates, latent - latent.mean(0), rcond=None)[0]
directions = solution / np.linalg.norm(solution, axis=1, keepdims=True)
latent_stdev = ((latent - latent.mean(0)) @ directions.T).std(axis=0, ddof=1)

golden = {
    "sefa": {
        "maps": [{**m, "weight": rounded(m["weight"])} for m in maps],
        "variants": {
            name: {"eigenvalues": rounded(values), "directions": rounded(vectors)}
            for name, (values, vectors) in variants.items()
        },
    },
    "principalComponents": {
        "samples": rounded(samples),
        "latent": rounded(latent),
        "mean": rounded(pca.mean_),
        "components": rounded(components),
        "stdev": rounded(np.sqrt(pca.explained_variance_)),
        "share": rounded(pca.explained_variance_ratio_),
        "latentDirections": rounded(directions),
        "latentStdev": rounded(latent_stdev),
    },
}
(folder / "factorization.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
