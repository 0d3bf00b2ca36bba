from . import (
    benchmark as benchmark,
    cluster as cluster,
    complete as complete,
    contenders as contenders,
    fingerprint as fingerprint,
    ours as ours,
    peers as peers,
    plan as plan,
    plots as plots,
    recorded as recorded,
    search as search,
    trial as trial,
    writers as writers,
)
from .benchmark import BenchmarkError as BenchmarkError, Runs as Runs
from .cluster import ClusterError as ClusterError, Workers as Workers
from .contenders import CONTENDERS as CONTENDERS, FRONT as FRONT, Contender as Contender
from .recorded import run_recorded as run_recorded
from .search import SPACE as SPACE, Search as Search, StudyError as StudyError
from .trial import run_trial as run_trial
from .writers import by_writer as by_writer
