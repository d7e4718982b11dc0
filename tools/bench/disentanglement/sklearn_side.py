"""Importances by scikit-learn on codes and one factor, one JSON line per request."""

import json
import sys
import time

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import Lasso

for line in sys.stdin:
    request = json.loads(line)
    codes = np.fromfile(request["codes"]).reshape(-1, request["dim"])
    factor = np.fromfile(request["factor"])
    estimators = {
        "continuous": GradientBoostingRegressor(random_state=0),
        "discrete": GradientBoostingClassifier(random_state=0),
        "lasso": Lasso(alpha=0.02),
    }
    estimator = estimators[request["estimator"]]
    if request["estimator"] == "lasso":
        # Ours standardises the factor too, which the weight of the penalty refers to.
        factor = (factor - factor.mean()) / factor.std()
    start = time.process_time()
    estimator.fit((codes - codes.mean(0)) / codes.std(0), factor)
    milliseconds = 1e3 * (time.process_time() - start)
    importances = estimator.coef_ if request["estimator"] == "lasso" else estimator.feature_importances_
    importances = np.abs(importances) / np.abs(importances).sum()
    print(json.dumps({"milliseconds": milliseconds, "importances": importances.tolist()}), flush=True)
