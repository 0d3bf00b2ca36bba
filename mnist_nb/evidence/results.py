"""The figures that notebooks publish as data, in `reports/metrics.json`, and what each of them means."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from filelock import FileLock

from .files import write_text
from .paths import REPORTS

BENCHMARK = {
    "seeds": "runs of each contender, each with a seed of its own",
    "full": "whether every contender trained for all of its epochs",
    "threads": "processors used",
    "contenders": "by contender: means over the runs, as the notebook explains them",
    "step_speed_up": "seconds an epoch of the document's call of `fit` against 50 steps to a call",
    "document_speed_up": "and against the same network, batch size and images in our training",
    "same_weights": "whether the two end in the same weights to the last bit",
    "speed_up_to_99": "median seconds of the document's code to 99% validation accuracy against ours",
    "ensembles": "by number of our networks read together: test accuracy and milliseconds a reading",
    "growth_images": "triples of training images, seconds and test accuracy of our recipe",
    "growth_threads": "pairs of threads and seconds an epoch of our recipe",
}

ARCHITECTURES = {
    "seeds": "runs of each network",
    "images": "training images of each run",
    "networks": "by network: mean test accuracy and interval, parameters, multiply-adds, seconds, milliseconds",
    "front": "networks that no other beats in both accuracy and multiply-adds",
    "real_differences": "pairs of networks whose difference is real at a false discovery rate of 5%",
    "pairs": "pairs of networks compared",
}

# What every published key means, by notebook. Accuracies and other shares are 0 to 1.
KEYS = {
    "01_explore": {
        "train_images": "images in MNIST's training set",
        "test_images": "images in MNIST's test set",
        "md5": "MD5 of the four arrays as IDX files",
        "class_counts": "training images of each class, 0 to 9",
        "centred_share": "share of training images with the centre of mass in (13.5, 14.5] on both axes",
        "longest_side_share": "share of training images whose ink is 20 px on its longest side",
        "smallest_peak": "smallest of the training images' largest pixel values",
        "ink_percentiles": "5th, 50th and 95th percentile of ink (sum of pixels / 255) in training images",
        "closest_pair": "the two classes that are most often taken for each other by nearest neighbours",
        "doubtful_labels": "test labels that human reviewers judged wrong",
    },
    "02_preprocess": {
        "fit_images": "images that `validation_split=0.3` trains on",
        "validation_images": "images that `validation_split=0.3` validates on",
        "largest_imbalance": "largest difference of a class's share between the two parts",
        "accuracy_same_scale": "test accuracy of a small model trained and read on 0..255",
        "accuracy_other_scale": "the same model reading 0..1, as the document's board did",
        "pen_forms": "written forms that pen digits are varied from, without the withheld ones",
        "pen_digits": "drawings of digits in the recipe's training set",
        "pen_others": "letters and scribbles in the recipe's training set",
    },
    "03_architecture": {
        "document_parameters": "parameters of the document's network",
        "document_multiply_adds": "its multiply-adds for one image",
        "best_parameters": "parameters of the recommended network",
        "best_multiply_adds": "its multiply-adds for one image",
        "best_receptive_field": "px of the image that a value before the last layer sees, along one axis",
    },
    "04_compile": {
        "loss_sure_and_wrong": "cross-entropy of a true class that was given a probability of 0.001",
        "adam_loss": "loss that Adam reaches on a badly scaled bowl",
        "sgd_loss": "loss that plain gradient descent reaches in as many steps",
        "peak_learning_rate": "the recipe's largest learning rate",
    },
    "05_train": {
        "document_epochs": "epochs until the document's early stopping ended the run",
        "document_seconds": "seconds that run took",
        "document_restored_epoch": "epoch that EarlyStopping(min_delta=0.01) restored",
        "document_checkpoint_epoch": "epoch that ModelCheckpoint kept",
        "document_restored_accuracy": "validation accuracy of the restored epoch",
        "document_checkpoint_accuracy": "validation accuracy of the kept epoch",
        "best_epochs": "epochs of our recipe",
        "best_seconds": "seconds it took, in the same run",
        "best_seconds_to_document": "seconds until ours first passed the best validation accuracy of that run",
        "best_validation_accuracy": "validation accuracy after the last epoch (other validation images)",
        "best_weights_sha256": "digest of the trained weights, the same for every run on one machine",
        "temperature": "what the logits are divided by, fitted on held-out digits",
        "unsure_below": "confidence that 99% of the held-out digits reach",
        "precision": "what our recipe computed in",
        "images_per_second": "images a second that a step of our recipe trains on",
        "compute_share": "share of a step's time that its computing takes on a batch that lies ready",
        "input_share": "time of making a batch, which goes on beside the computing, against that of a step",
        "arithmetic_share": "achieved operations a second against those of a large matrix product",
    },
    "06_test": {
        "document_accuracy": "test accuracy of models/document.keras",
        "document_interval": "its 95% Wilson interval",
        "document_errors": "test images it misreads",
        "best_accuracy": "test accuracy of models/best.keras",
        "best_interval": "its 95% Wilson interval",
        "best_errors": "test images it misreads",
        "best_accuracy_without_doubtful": "its accuracy without the 15 doubtful labels",
        "document_accuracy_without_doubtful": "the document's network's accuracy without them",
        "mcnemar_only_document": "test images that only the document's network reads right",
        "mcnemar_only_best": "test images that only ours reads right",
        "mcnemar_p": "p of the exact McNemar test",
        "withheld_accuracy": "accuracy on synthetic drawings of forms that were withheld from training",
        "sure_shares": "share of readings that are sure, by what is read",
        "ablation": "accuracy after a few epochs, by training data and by what is read",
        "calibration": "expected calibration errors, NLL (nats) and Brier score, by network",
        "corruptions": "accuracy of the document's network and of ours, by corruption after MNIST-C",
        "error_slices": "share of errors of ours by class and by quarters of ink, slant and width",
    },
    # From 06_test, only when it was given a file of people's drawings.
    "drawings": {
        "file": "name of the file of strokes",
        "digits": "drawings in it",
        "writers": "people who drew them",
        "per_writer": "accuracy of models/best.keras, as a mean over writers",
        "lowest_writer": "accuracy on the drawings of the writer it reads worst",
        "sure_share": "share of the readings that are sure",
        "ablation": "accuracy as a mean over writers after a few epochs, by training data and way of presenting",
        "weights_sha256": "digest of the weights that this was measured with, as 05_train publishes it",
    },
    "07_application": {
        "digits_drawn": "digits drawn on the board by the notebook's stored drawings",
        "digits_read": "how many of them the board names correctly",
        "milliseconds_per_digit": "median time from strokes to label in the kernel",
        "milliseconds_predict": "median time of `model.predict` for the same image, as in the document",
    },
    "08_benchmark": BENCHMARK,
    "09_tune": {
        "results": "trials that completed or were pruned",
        "pruned": "trials that were ended early",
        "images": "training images of each trial",
        "workers": "worker processes of the cluster",
        "best": "the values of the best trial",
        "best_accuracy": "validation accuracy of the best trial",
        "default_accuracies": "accuracy of the default recipe on images kept for the verdict, by seed",
        "found_accuracies": "accuracy of the found recipe on the same images, by seed",
        "difference": "mean difference of the two",
        "difference_interval": "its 95% interval over seeds",
        "speed_up": "how many times as fast two runs are on two workers as on one of them",
        "same_weights": "whether they ended in the same weights",
    },
    "10_architectures": ARCHITECTURES,
    # From 10_architectures as `make benchmark` runs it.
    "architectures": ARCHITECTURES,
    "11_handwriting": {
        "drawings": "drawings learned from",
        "writer": "whose hand it is",
        "seconds": "of learning it",
        "error_before": "share of errors on the writer's held-back drawings, before",
        "error_after": "and after",
        "mnist_before": "accuracy on MNIST's test set, before",
        "mnist_after": "and after",
        "others_before": "share of errors on made-up drawings of the forms trained on, before",
        "others_after": "and after",
        "curves": "error on held-back drawings by way of learning and drawings a digit",
        "writers": "by writer of a file of several: errors before and after five drawings a digit",
    },
    # From 11_handwriting, only when it was given a file of several people's drawings: means over writers.
    "hands": {
        "file": "name of the file of strokes",
        "writers": "people who drew them, each learned alone",
        "drawings_a_digit": "drawings of each digit learned from",
        "error_before": "share of errors of models/best.keras on the held-back drawings",
        "error_after": "and of the network that learned the writer's hand",
        "mnist_before": "accuracy of models/best.keras on MNIST's test set",
        "mnist_after": "and of the networks that learned",
        "mnist_lowest": "and of the one that lost most there",
    },
    # From 08_benchmark as `make benchmark` runs it; a shorter run does not replace it.
    "benchmark": BENCHMARK,
}


def publish(notebook, **figures):
    """Store a notebook's figures under its name in `metrics.json`, in place of those of its last run.

    Figures are numbers, strings, or lists and dictionaries of them; NumPy's types are converted. The
    file is replaced in one step. Raises KeyError for a figure that `KEYS` does not explain.
    """
    unexplained = sorted(set(figures) - set(KEYS.get(notebook, ())))
    if unexplained:
        raise KeyError(f"{notebook} publishes {', '.join(unexplained)}: explain them in mnist_nb.metrics.KEYS first.")
    REPORTS.mkdir(parents=True, exist_ok=True)
    with FileLock(REPORTS / ".metrics.lock"):  # Notebooks may run side by side.
        metrics = load()
        metrics[notebook] = json.loads(json.dumps(figures, default=_plain))
        write_text(REPORTS / "metrics.json", json.dumps(dict(sorted(metrics.items())), indent=2) + "\n")


def load(path=None):
    """Return the published figures, {notebook: {key: figure}}; empty when nothing was published yet."""
    path = Path(path or REPORTS / "metrics.json")
    return json.loads(path.read_text()) if path.exists() else {}


def _plain(value):
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no figure to publish")
