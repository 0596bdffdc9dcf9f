"""What Rust gives to `soilscope`. Docstrings are in the library itself: `help(soilscope.Kriging)`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Method: TypeAlias = Literal["sequential", "circulant", "kriged"]
Estimator: TypeAlias = Literal["matheron", "cressie-hawkins", "cressie", "pairwise-relative", "dowd", "genton"]
Weights: TypeAlias = Literal["pairs-over-squared-distance", "pairs", "equal"]
Digestion: TypeAlias = Literal["total", "aqua-regia", "unstated"]
NonDetects: TypeAlias = Literal["refuse", "limit/2", "limit/sqrt2", "limit", "drop"]

EARTH_RADIUS: float
__version__: str

class SoilscopeError(ValueError): ...

@final
class Samples:
    def __new__(
        cls,
        coords: ArrayLike,
        values: ArrayLike,
        *,
        error_variances: ArrayLike | None = None,
        covariates: ArrayLike | None = None,
        sphere_radius: float | None = None,
    ) -> Samples: ...
    @property
    def coords(self) -> Floats: ...
    @property
    def values(self) -> Floats: ...
    @property
    def error_variances(self) -> Floats | None: ...
    @property
    def covariates(self) -> Floats | None: ...
    @property
    def covariate_count(self) -> int: ...
    @property
    def sphere_radius(self) -> float | None: ...
    @property
    def bounds(self) -> tuple[float, float, float, float]: ...
    @property
    def diagonal(self) -> float: ...
    @property
    def mean(self) -> float: ...
    @property
    def variance(self) -> float: ...
    def with_values(self, values: ArrayLike) -> Samples: ...
    def subset(self, indices: Sequence[int]) -> Samples: ...
    def transformed(self, transform: str | Transform) -> Samples: ...
    def check_distinct_places(self) -> None: ...
    def __len__(self) -> int: ...

@final
class Variogram:
    def __new__(cls, notation: str) -> Variogram: ...
    @property
    def nugget(self) -> float: ...
    @property
    def error_variance(self) -> float: ...
    @property
    def sill(self) -> float: ...
    @property
    def is_bounded(self) -> bool: ...
    @property
    def effective_range(self) -> float: ...
    @property
    def structures(self) -> list[dict[str, Any]]: ...
    def semivariance(self, lags: ArrayLike, azimuth: float = 0.0) -> Floats: ...
    def covariance(self, lags: ArrayLike, azimuth: float = 0.0) -> Floats: ...
    def scaled(self, factor: float) -> Variogram: ...
    def __hash__(self) -> int: ...

@final
class Transform:
    def __new__(cls, name: str, samples: Samples | None = None) -> Transform: ...
    @property
    def name(self) -> str: ...
    @property
    def distribution(self) -> str: ...
    def forward(self, values: ArrayLike) -> Floats: ...
    def back(self, values: ArrayLike) -> Floats: ...
    def __reduce__(self) -> tuple[Any, tuple[str, Floats]]: ...

@final
class EmpiricalVariogram:
    def __new__(
        cls,
        np: Iterable[int],
        dist: ArrayLike,
        gamma: ArrayLike,
        *,
        azimuth: ArrayLike | None = None,
        error_variance: ArrayLike | None = None,
        estimator: str = "matheron",
        cutoff: float | None = None,
    ) -> EmpiricalVariogram: ...
    @property
    def np(self) -> NDArray[np.int64]: ...
    @property
    def dist(self) -> Floats: ...
    @property
    def gamma(self) -> Floats: ...
    @property
    def azimuth(self) -> Floats: ...
    @property
    def error_variance(self) -> Floats: ...
    @property
    def estimator(self) -> str: ...
    @property
    def cutoff(self) -> float: ...
    def __len__(self) -> int: ...

@final
class Fit:
    @property
    def variogram(self) -> Variogram: ...
    @property
    def sserr(self) -> float: ...
    @property
    def range_at_limit(self) -> bool: ...

@final
class Choice:
    @property
    def variogram(self) -> Variogram: ...
    @property
    def empirical(self) -> EmpiricalVariogram: ...
    @property
    def remarks(self) -> list[str]: ...
    def explain(self) -> str: ...
    def to_dict(self) -> dict[str, Any]: ...

@final
class Predictions:
    def __new__(
        cls,
        value: Floats,
        variance: Floats | None,
        exceedance: Floats | None,
        gap: NDArray[np.uint8],
        reduced: int = 0,
    ) -> Predictions: ...
    @property
    def value(self) -> Floats: ...
    @property
    def variance(self) -> Floats | None: ...
    @property
    def exceedance(self) -> Floats | None: ...
    @property
    def gap(self) -> NDArray[np.uint8]: ...
    @property
    def reduced(self) -> int: ...
    @property
    def gaps(self) -> dict[str, int]: ...
    def __len__(self) -> int: ...

@final
class Predictor:
    @property
    def has_variance(self) -> bool: ...
    @property
    def covariate_count(self) -> int: ...
    @property
    def left_out(self) -> list[int]: ...
    def predict(
        self,
        places: ArrayLike,
        *,
        covariates: ArrayLike | None = None,
        threshold: float | None = None,
        threads: int | None = None,
    ) -> Predictions: ...
    def predict_grid(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        covariates: ArrayLike | None = None,
        threshold: float | None = None,
        threads: int | None = None,
    ) -> Predictions: ...

@final
class Kriging:
    def __new__(
        cls,
        variogram: Variogram | str,
        *,
        mean: float | None = None,
        degree: int = 0,
        covariates: int = 0,
        neighbours: int | None = None,
        min_neighbours: int | None = None,
        radius: float | None = None,
        sectors: int | None = None,
        block: float | tuple[float, float] | None = None,
        block_nodes: str | None = None,
    ) -> Kriging: ...
    @property
    def variogram(self) -> Variogram: ...
    def fit(
        self, samples: Samples, *, transform: str | Transform | None = None, threads: int | None = None
    ) -> Predictor: ...

@final
class InverseDistance:
    def __new__(
        cls,
        *,
        power: float = 2.0,
        neighbours: int | None = None,
        min_neighbours: int | None = None,
        radius: float | None = None,
        sectors: int | None = None,
    ) -> InverseDistance: ...
    def fit(self, samples: Samples, *, threads: int | None = None) -> Predictor: ...

@final
class Nearest:
    def __new__(cls, *, radius: float | None = None) -> Nearest: ...
    def fit(self, samples: Samples, *, threads: int | None = None) -> Predictor: ...

@final
class Validation:
    @property
    def observed(self) -> Floats: ...
    @property
    def prediction(self) -> Floats: ...
    @property
    def variance(self) -> Floats: ...
    @property
    def residual(self) -> Floats: ...
    @property
    def zscore(self) -> Floats: ...
    @property
    def crps(self) -> Floats: ...
    @property
    def fold(self) -> NDArray[np.int64]: ...
    @property
    def scores(self) -> dict[str, Any]: ...
    def __len__(self) -> int: ...

def places_in_place(places: ArrayLike) -> bool: ...
def empirical_variogram(
    samples: Samples,
    *,
    cutoff: float | None = None,
    width: float | None = None,
    boundaries: ArrayLike | None = None,
    azimuths: Sequence[float] | None = None,
    tolerance: float | None = None,
    estimator: Estimator = "matheron",
    threads: int | None = None,
) -> EmpiricalVariogram: ...
def fit(empirical: EmpiricalVariogram, model: str, weights: Weights | Variogram | None = None) -> Fit: ...
def choose(
    samples: Samples,
    *,
    degree: int = 0,
    covariates: int = 0,
    estimator: Estimator = "matheron",
    transformed: bool = False,
    seed: int = 0,
    threads: int | None = None,
) -> Choice: ...
def exceedance(
    value: ArrayLike, variance: ArrayLike, threshold: float, transform: str | Transform | None = None
) -> Floats: ...
def simulate(
    samples: Samples,
    recipe: Kriging,
    places: ArrayLike,
    *,
    realisations: int,
    seed: int,
    first: int = 0,
    method: Method = "sequential",
    window: tuple[Sequence[float], Sequence[float], Sequence[int]] | None = None,
    transform: str | Transform | None = None,
    threads: int | None = None,
) -> Floats: ...
def validate(
    samples: Samples,
    recipe: Kriging | InverseDistance | Nearest,
    *,
    folds: str | int | Sequence[object] | NDArray[Any] | None = None,
    transform: str | Transform | None = None,
    seed: int = 1,
    threads: int | None = None,
) -> Validation: ...
def thresholds(analyte: str | None = None, *, jurisdiction: str | None = None) -> list[dict[str, Any]]: ...
def limit(code: str, analyte: str, *, soil: Mapping[str, float | str] | None = None) -> dict[str, Any]: ...
def indices(
    contents: Mapping[str, float | str],
    reference: Mapping[str, float],
    *,
    name: str,
    kind: Literal["background", "limits"] = "background",
    digestion: Digestion = "unstated",
    non_detects: NonDetects = "refuse",
    normaliser: str | None = None,
) -> dict[str, Any]: ...
def coefficients() -> list[dict[str, Any]]: ...
def mann_kendall(times: ArrayLike, values: Iterable[float | str]) -> dict[str, Any]: ...
def sen_slope(times: ArrayLike, values: ArrayLike, *, confidence: float = 0.95) -> dict[str, Any]: ...
