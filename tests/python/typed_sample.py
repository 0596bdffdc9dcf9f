"""A small program for the type checker; it runs too."""

import numpy as np
import soilscope
from numpy.typing import NDArray
from soilscope import assess


def above(samples: soilscope.Samples, limit: float) -> NDArray[np.float64]:
    log = samples.transformed("log")
    model = soilscope.fit(soilscope.empirical_variogram(log, cutoff=60.0, width=10.0), "Nug + Sph").variogram
    recipe = soilscope.Kriging(model, neighbours=12)
    scores = soilscope.validate(samples, recipe, transform="log", folds=5).scores
    assert scores["n"] == len(samples)
    predictions = recipe.fit(samples, transform="log").predict(samples.coords + 0.5, threshold=limit)
    assert predictions.exceedance is not None
    return predictions.exceedance


random = np.random.default_rng(1)
places = random.uniform(0.0, 100.0, (80, 2))
zinc = np.exp(6.0 + np.sin(places[:, 0] / 30.0) + 0.1 * random.normal(size=80))
guideline: float = assess.limit("FI/lower-guideline/any", "zinc")["value"]
print(above(soilscope.Samples(places, zinc), guideline).mean())
