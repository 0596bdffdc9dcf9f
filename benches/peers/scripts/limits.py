"""What OpenBLAS reaches here: product of 4,000² matrices, Cholesky factor of one of 5,000²."""
import json
import time

import numpy as np
from scipy.linalg.lapack import dpotrf


def best(work, repeats=5):
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


random = np.random.default_rng(1)
a, b = random.random((4000, 4000)), random.random((4000, 4000))
product = np.empty_like(a)
np.matmul(a, b, out=product)
multiply = best(lambda: np.matmul(a, b, out=product))
g = random.random((5000, 5000))
positive = np.asfortranarray(g @ g.T / 5000 + np.eye(5000) * 10)
factor = best(lambda: dpotrf(positive, lower=1, overwrite_a=0), 3)
print(json.dumps({"dgemm_gflops": 2 * 4000 ** 3 / multiply / 1e9,
                  "dpotrf_gflops": 5000 ** 3 / 3 / factor / 1e9}))
