"""Writes the reference values of packages/core/test/disentanglement/disentanglement.json.

    python tools/reference/core/disentanglement.py

Scores of disentanglement of seeded data by their published definitions, with the estimators of scikit-learn; Fréchet
distances by scipy.linalg.sqrtm; precision, recall, density and coverage from all distances; rank correlations from all
permutations. Needs NumPy, SciPy and scikit-learn.
"""

import itertools
import json
import pathlib

import numpy as np
from scipy import linalg, stats
from scipy.spatial.distance import cdist
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import Lasso, Ridge
from sklearn.metrics import mutual_info_score, r2_score
from sklearn.svm import LinearSVC

path = pathlib.Path(__file__).parents[3] / "packages/core/test/disentanglement/disentanglement.json"
random = np.random.default_rng(11)
ALPHA = 0.02


def rounded(array, digits=13):
    return np.round(np.asarray(array, dtype=np.float64), digits).tolist()


def labelled(n):
    """Five codes, four factors: two continuous, one of three levels, one of two."""
    codes = random.standard_normal((n, 5)) * [1, 2, 0.5, 1, 3] + [0, 1, 0, -2, 0]
    noise = random.standard_normal((n, 4))
    factors = np.stack([
        codes[:, 0] ** 2 + 0.3 * codes[:, 1] + 0.2 * noise[:, 0],
        0.7 * codes[:, 2] - 0.1 * codes[:, 4] + 0.1 * noise[:, 1],
        np.digitize(codes[:, 3] + 0.5 * noise[:, 2], [-2.4, -1.2]) * 10.0,
        (codes[:, 1] + codes[:, 0] + noise[:, 3] > 1.5) * 2.0 - 1,
    ], axis=1)
    return np.round(codes, 4), np.round(factors, 4)


kinds = ["continuous", "continuous", "discrete", "discrete"]
(codes, factors), (codes_test, factors_test) = labelled(300), labelled(100)


def concentration(rows):
    p = rows / rows.sum(axis=1, keepdims=True)
    return 1 - stats.entropy(p, base=p.shape[1], axis=1)


def importance_scores(r):
    per_code, per_factor = concentration(r), concentration(r.T)
    return {
        "perCode": rounded(per_code),
        "perFactor": rounded(per_factor),
        "disentanglement": float(per_code @ r.sum(axis=1) / r.sum()),
        "completeness": float(per_factor @ r.sum(axis=0) / r.sum()),
    }


def boosting(seeds, **options):
    """Means over seeds, by which scikit-learn chooses between coordinates that split a node equally well."""
    columns, train, test = [], [], []
    for j, kind in enumerate(kinds):
        make = GradientBoostingClassifier if kind == "discrete" else GradientBoostingRegressor
        models = [make(random_state=s, **options).fit(codes, factors[:, j]) for s in range(seeds)]
        columns.append(np.mean([model.feature_importances_ for model in models], axis=0))
        train.append(np.mean([model.score(codes, factors[:, j]) for model in models]))
        test.append(np.mean([model.score(codes_test, factors_test[:, j]) for model in models]))
    r = np.stack(columns, axis=1)
    return {"importances": rounded(r), "train": rounded(train), "test": rounded(test), **importance_scores(r)}


def linear(make):
    mean, deviation = codes.mean(axis=0), codes.std(axis=0)
    x, x_test = (codes - mean) / deviation, (codes_test - mean) / deviation
    columns, test = [], []
    for j, kind in enumerate(kinds):
        y, y_test = factors[:, j], factors_test[:, j]
        levels = np.unique(y)
        targets = [y == level for level in levels] if kind == "discrete" else [y]
        weights, scores = [], []
        for target in targets:
            centre, scale = target.mean(), target.std()
            model = make().fit(x, (target - centre) / scale)
            weights.append(np.abs(model.coef_))
            scores.append(centre + scale * model.predict(x_test))
        columns.append(np.mean(weights, axis=0))
        if kind == "discrete":
            test.append(np.mean(levels[np.argmax(scores, axis=0)] == y_test))
        else:
            test.append(r2_score(y_test, scores[0]))
    return {"importances": rounded(np.stack(columns, axis=1)), "test": rounded(test)}


def binned(values, bins):
    return np.digitize(values, np.histogram(values, bins)[1][:-1])


def gaps(scores):
    ordered = np.sort(scores, axis=0)
    return ordered[-1] - ordered[-2]


def mig(bins=20):
    labels = [factors[:, j] if kind == "discrete" else binned(factors[:, j], bins) for j, kind in enumerate(kinds)]
    information = np.array([[mutual_info_score(label, binned(code, bins)) for label in labels] for code in codes.T])
    entropies = np.array([mutual_info_score(label, label) for label in labels])
    per_factor = gaps(information) / entropies
    return {
        "mutualInformation": rounded(information),
        "entropies": rounded(entropies),
        "perFactor": rounded(per_factor),
        "mig": float(per_factor.mean()),
    }


def bin_edges():
    """Values at the edges of bins, where the quotient (x - low) / step rounds to the wrong side of one, in either direction."""
    cases = [([0.0, 0.5249999999999999, 0.7], 4)]
    edges = np.random.default_rng(12)
    for bins in [3, 7, 10, 20]:
        values = []
        while len(values) < 4:
            low, high = np.sort(np.round(edges.uniform(-3, 3, 2), 2))
            if low == high:
                continue
            _, at = np.histogram([low, high], bins)
            near = np.concatenate([at, np.nextafter(at, -np.inf)])[1:-1]
            near = near[(near > low) & (near < high)]
            guess = np.floor((near - low) / ((high - low) / bins)).astype(int)
            wrong = near[np.array([np.histogram([x], at)[0].argmax() for x in near]) != guess]
            if len(wrong) > 0:
                values = [float(low), *wrong.tolist(), *at[1:-1].tolist(), float(high)]
        cases.append((values, bins))
    return [
        {"count": len(v), "values": v, "bins": b, "counts": np.histogram(v, b)[0].tolist()} for v, b in cases
    ]


def sap(cost):
    scores = np.zeros((codes.shape[1], len(kinds)))
    for i, j in np.ndindex(scores.shape):
        if kinds[j] == "discrete":
            model = LinearSVC(C=cost, class_weight="balanced", dual=False, tol=1e-10, max_iter=100000)
            model.fit(codes[:, i : i + 1], factors[:, j])
            scores[i, j] = model.score(codes_test[:, i : i + 1], factors_test[:, j])
        else:
            c = np.cov(codes[:, i], factors[:, j])
            scores[i, j] = c[0, 1] ** 2 / (c[0, 0] * c[1, 1])
    return {"scores": rounded(scores), "sap": float(gaps(scores).mean())}


def machines(cost):
    """Slopes and intercepts of the machines of code 3 for the factor of three levels, and code 1 for that of two."""
    lines = []
    for i, j in [(3, 2), (1, 3)]:
        model = LinearSVC(C=cost, class_weight="balanced", dual=False, tol=1e-12, max_iter=100000)
        model.fit(codes[:, i : i + 1], factors[:, j])
        lines.append({"code": i, "factor": j, "lines": rounded(np.c_[model.coef_[:, 0], model.intercept_], 9)})
    return lines


def frechet():
    cases = []
    for n, m, d in [(40, 60, 4), (200, 30, 7)]:
        a = np.round(random.standard_normal((n, d)) @ random.standard_normal((d, d)) + 3, 4)
        b = np.round(random.standard_normal((m, d)) @ random.standard_normal((d, d)), 4)
        c1, c2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
        root = linalg.sqrtm(c1 @ c2)
        value = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c1 + c2 - 2 * root).real
        cases.append({"d": d, "a": rounded(a.ravel()), "b": rounded(b.ravel()), "distance": float(value)})
    return cases


def neighbours():
    real = np.round(random.standard_normal((80, 3)), 4)
    generated = np.round(random.standard_normal((60, 3)) * [1, 0.6, 1.2] + [0.5, 0, 0], 4)
    between = cdist(real, generated)

    def radii(x, k):
        return np.sort(cdist(x, x), axis=1)[:, k]

    def scores(k):
        inside_real = between <= radii(real, k)[:, None]
        inside_generated = between <= radii(generated, k)[None]
        return {
            "k": k,
            "precision": float(inside_real.any(axis=0).mean()),
            "recall": float(inside_generated.any(axis=1).mean()),
            "density": float(inside_real.sum(axis=0).mean() / k),
            "coverage": float((between.min(axis=1) <= radii(real, k)).mean()),
        }

    return {"real": rounded(real.ravel()), "generated": rounded(generated.ravel()), "scores": [scores(1), scores(3), scores(5)]}


def rank_correlation():
    cases = []
    for x, y in [
        ([1.2, 3.1, 2.2, 5.0, 4.4], [10, 30, 25, 40, 50]),
        ([1, 2, 3, 4, 5, 6, 7], [3, 1, 4, 1, 5, 9, 2]),
        ([0, 0, 1, 1, 2, 3], [5, 4, 4, 2, 2, 1]),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 1, 4, 3, 7, 5, 9, 6, 8]),
    ]:
        # Products of whole numbers (twice the ranks), so that equal correlations compare equal.
        a, b = [(2 * stats.rankdata(v)).astype(int) - len(v) - 1 for v in (x, y)]
        products = np.abs(np.array(list(itertools.permutations(b))) @ a)
        p_value = float((products >= abs(a @ b)).mean())
        cases.append({"x": x, "y": y, "rho": float(stats.spearmanr(x, y).statistic), "pValue": p_value})
    return cases


golden = {
    "kinds": kinds,
    "train": {"codes": rounded(codes.ravel(), 4), "factors": rounded(factors.ravel(), 4)},
    "test": {"codes": rounded(codes_test.ravel(), 4), "factors": rounded(factors_test.ravel(), 4)},
    "boosting": boosting(20),
    "stumps": boosting(1, max_depth=1),
    "shallow": boosting(1, max_depth=2, n_estimators=5),
    "lasso": linear(lambda: Lasso(ALPHA, tol=1e-13, max_iter=100000)),
    "ridge": linear(lambda: Ridge(ALPHA * len(codes))),
    "mig": mig(),
    "bins": bin_edges(),
    "sap": sap(0.01),
    "machines": machines(0.01),
    "frechet": frechet(),
    "neighbours": neighbours(),
    "rankCorrelation": rank_correlation(),
}
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
