"""Prints the values that packages/core/test/local-dimension.test.ts expects of the test of Kritchman and Nadler, from
the formulas as the authors' MATLAB functions have them. Needs numpy.

    python tools/reference/core/kritchman_nadler.py
"""

import numpy as np


def quantile(alpha):
    return (-1.5 * np.log(4 * np.sqrt(np.pi) * alpha / 100)) ** (2 / 3)


def centre_and_scale(n, q):
    a, b = np.sqrt(n - 0.5), np.sqrt(q - 0.5)
    mu = (a + b) ** 2
    return mu, np.sqrt(mu) * (1 / a + 1 / b) ** (1 / 3)


def noise(ell, n, k):
    p = len(ell)
    sigma = ell[k:].sum() / ((p - k) * (1 - k / n))
    for _ in range(30):
        t = ell[:k] + sigma - (p - k) / n * sigma
        d = t**2 - 4 * ell[:k] * sigma
        if d.min(initial=np.inf) < 0:
            return sigma
        rho = (t + np.sqrt(d)) / 2
        new = (ell[k:].sum() + np.maximum(ell[:k] - rho, 0).sum()) / (p - k)
        if abs(new - sigma) / sigma < 1e-5:
            return sigma
        sigma = new
    return sigma


def tests(ell, n, alpha):
    for k in range(1, min(n, len(ell))):
        mu, tau = centre_and_scale(n, len(ell) - k)
        sigma = noise(ell, n, k)
        threshold = sigma * (mu + quantile(alpha) * tau) / n
        yield mu, tau, sigma, threshold
        if ell[k - 1] <= threshold:
            return


def rank(ell, n, alpha):
    rows = list(tests(ell, n, alpha))
    return sum(bool(ell[k] > row[3]) for k, row in enumerate(rows))


if __name__ == "__main__":
    ell = np.array([8, 4, 2, 1.2, 1.1, 1, 0.95, 0.9, 0.85, 0.8])
    for n in (20, 50, 100, 1000):
        ranks = [rank(ell, n, alpha) for alpha in (0.1, 0.5, 5)]
        first = next(tests(ell, n, 0.5))
        print(n, ranks, round(float(noise(ell, n, ranks[1])), 5), [round(float(x), 5) for x in first])
    print("thresholds, n = 100:", [round(float(row[3]), 5) for row in tests(ell, 100, 0.5)])

    index = np.arange(512)
    for a in (0.05, 0.02, 0.1):
        s = np.exp(-a * index)
        for name in ("input", "kept"):
            found = []
            for threshold in (0, 0.0005, 0.001, 0.005, 0.01):
                kept = s[s > threshold * s[0]]
                n = 512 if name == "input" else len(kept)
                found.append(rank(kept**2 / n, n, 0.5))
            print(f"exp(-{a}·i), {name}:", found)
        x = s**2 / (s**2).sum()
        counts = [int((np.cumsum(x) < share).sum()) for share in (0.99, 0.999, 0.9999, 0.99999)]
        print("  ", float(1 / (x**2).sum()), float(np.exp(-(x * np.log(x)).sum())), counts)
