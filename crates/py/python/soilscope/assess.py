"""What numbers mean: limits of the law, pollution indices, trends.

>>> import soilscope.assess
>>> soilscope.assess.limit("FI/lower-guideline/any", "zinc")["value"]
250.0
"""

from __future__ import annotations

from ._soilscope import coefficients, exceedance, indices, limit, mann_kendall, sen_slope, thresholds

__all__ = ["coefficients", "exceedance", "indices", "limit", "mann_kendall", "sen_slope", "thresholds"]
