from . import (
    corruptions as corruptions,
    engines as engines,
    inspection as inspection,
    profiling as profiling,
    statistics as statistics,
    timing as timing,
)
from .corruptions import CORRUPTIONS as CORRUPTIONS, LEFT_OUT as LEFT_OUT, corrupt as corrupt
from .inspection import activations as activations, occlusion as occlusion
from .profiling import profile as profile
from .statistics import (
    accuracy as accuracy,
    brier_score as brier_score,
    calibration_error as calibration_error,
    difference as difference,
    fit_digit_or_not as fit_digit_or_not,
    fit_temperature as fit_temperature,
    log_loss as log_loss,
    mcnemar as mcnemar,
    reliability as reliability,
    right as right,
    risk_coverage as risk_coverage,
    unsure_threshold as unsure_threshold,
    wilson_interval as wilson_interval,
    worst_errors as worst_errors,
)
from .timing import milliseconds as milliseconds
