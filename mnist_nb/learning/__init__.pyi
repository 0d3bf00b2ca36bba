from . import (
    augmentation as augmentation,
    foreign as foreign,
    handwriting as handwriting,
    model_file as model_file,
    networks as networks,
    precision as precision,
    recipe as recipe,
    recognizer as recognizer,
    training as training,
)
from .augmentation import random_affine as random_affine, random_disturbance as random_disturbance
from .handwriting import (
    PersonalError as PersonalError,
    from_scratch as from_scratch,
    personal_path as personal_path,
    personalize as personalize,
    save_personal as save_personal,
    split as split,
)
from .model_file import (
    ModelError as ModelError,
    load_model as load_model,
    load_notes as load_notes,
    save_model as save_model,
    weights_sha256 as weights_sha256,
)
from .networks import (
    NETWORKS as NETWORKS,
    describe as describe,
    digit_cnn as digit_cnn,
    document_cnn as document_cnn,
    document_layers as document_layers,
    preprocessing as preprocessing,
    scaled_document_cnn as scaled_document_cnn,
)
from .precision import chosen_precision as chosen_precision, in_float32 as in_float32
from .recipe import Recipe as Recipe
from .recognizer import Recognizer as Recognizer, evidence as evidence
from .training import (
    LINE_WIDTHS as LINE_WIDTHS,
    TrainingError as TrainingError,
    TrainingLog as TrainingLog,
    TrainingSet as TrainingSet,
    compiled_model as compiled_model,
    progress as progress,
    require_learning as require_learning,
    train as train,
    training_batches as training_batches,
    training_set as training_set,
    use_threads as use_threads,
)
