"""What each notebook is for, what it needs and what it publishes: one entry for each, and everything else reads it.

The order in which notebooks run, the index of a report, the README's table, the tests' comparison of outputs and the
check of what is published follow from here. To add a notebook, add its file to `notebooks/` and its entry here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TIME = "time"


@dataclass(frozen=True)
class Key:
    """One published result: what it means, and how it is shown."""

    meaning: str
    form: str = "plain"  # or "percent", "count", "decimal", "interval"
    label: str = ""  # its name on the index of a report, which shows only results that have one
    gathered: bool = False  # a dict of which recording keeps what earlier recordings put in under other names
    # How far another machine's result may be from it: 0 for the same to the last digit, a difference that another
    # processor and the noise of training explain, one for each number of a tuple, TIME for what is compared as a
    # ratio, None for what depends on the machine alone or repeats something else.
    within: float | tuple[float, ...] | str | None = 0

    def shown(self, value: Any) -> str:
        """Return the value as text, in this key's form."""
        return formatted(self.form, value)


@dataclass(frozen=True)
class Entry:
    """One notebook. Shares among its results, such as accuracies, are from 0 to 1."""

    promise: str  # what you will have seen by its end
    keys: dict[str, Key] = field(default_factory=dict)  # what it publishes under its own name
    also: dict[str, dict[str, Key]] = field(default_factory=dict)  # and under other names, in some runs only
    computed_by: dict[str, tuple[str, ...]] = field(default_factory=dict)  # units of code that decide such a result
    needs: tuple[str, ...] = ()  # notebooks whose results it reads: it waits for them
    alone: bool = False  # whether it times what it does or uses every processor, so that nothing else may run then
    quick: dict[str, object] = field(default_factory=dict)  # parameters with which tests execute it
    exact: bool = False  # whether its outputs are the same on every machine, so that tests compare them


MISSING = "–"  # noqa: RUF001 (an en dash, on purpose)
FORMS = {"percent": "{:.2%}", "count": "{:,.0f}", "decimal": "{:.1f}", "plain": "{}"}


def formatted(form: str, value: Any) -> str:
    """Return a value as text in one of the forms of `Key`; MISSING for None."""
    if value is None:
        return MISSING
    if form == "interval":
        low, high = value
        return f"{low:.2%} to {high:.2%}"
    return FORMS[form].format(value)


# Results out of the record of runs are the same on every machine; those of the short run made here are not.
TWIN = {
    "twin_accuracy": Key("accuracy of the short run that is made here and recorded as well", "percent", within=0.01),
    "twin_seconds": Key("seconds that it took", "decimal", label="short run made here, s", within=TIME),
}

NOTEBOOKS = {
    "01_explore": Entry(
        "what is in MNIST: classes, means, the rules every image obeys, which digits look alike, fifteen "
        "wrong test labels",
        keys={
            "train_images": Key("images in MNIST's training set", "count", label="images"),
            "test_images": Key("images in MNIST's test set", "count"),
            "md5": Key("MD5 of the four arrays as IDX files"),
            "class_counts": Key("training images of each class, 0 to 9"),
            "centred_share": Key(
                "share of training images with the centre of mass in (13.5, 14.5] on both axes",
                "percent",
                label="centred as promised",
            ),
            "longest_side_share": Key("share of training images whose ink is 20 px on its longest side", "percent"),
            "smallest_peak": Key("smallest of the training images' largest pixel values", "count"),
            "ink_percentiles": Key("5th, 50th and 95th percentile of ink (sum of pixels / 255) in training images"),
            "closest_pair": Key("the two classes that are most often taken for each other by nearest neighbours"),
            "doubtful_labels": Key("test labels that reviewers judged wrong", "count", label="doubtful test labels"),
        },
        exact=True,
    ),
    "02_preprocess": Entry(
        "channel, scale, one-hot, split, random distortions, synthetic pen digits, and what it costs when "
        "training and board disagree",
        keys={
            "fit_images": Key("images that `validation_split=0.3` trains on", "count"),
            "validation_images": Key("images that `validation_split=0.3` validates on", "count"),
            "largest_imbalance": Key("largest difference of a class's share between the two parts", "percent"),
            "accuracy_same_scale": Key(
                "accuracy of a small model trained and read on 0..255, on validation images",
                "percent",
                label="read on the scale of training",
                within=0.02,
            ),
            "accuracy_other_scale": Key(
                "the same model reading 0..1, as the document's board did",
                "percent",
                label="read on the board's scale",
                within=0.15,
            ),
            "pen_forms": Key("written forms that pen digits are varied from, without the withheld ones", "count"),
            "pen_digits": Key("drawings of digits in the recipe's training set", "count"),
            "pen_others": Key("letters and scribbles in the recipe's training set", "count"),
        },
        exact=True,
    ),
    "03_architecture": Entry(
        "the document's network built layer by layer, what each layer costs and sees, and a better one",
        keys={
            "document_parameters": Key("parameters of the document's network", "count", label="parameters, document"),
            "document_multiply_adds": Key("multiply-adds of the document's network for one image", "count"),
            "best_parameters": Key("parameters of the recommended network", "count", label="parameters, ours"),
            "best_multiply_adds": Key("multiply-adds of the recommended network for one image", "count"),
            "best_receptive_field": Key("px of the image that a value before the last layer sees, across", "count"),
        },
        exact=True,
    ),
    "04_compile": Entry(
        "loss, metric, optimizer and learning rate at work on numbers one can check by hand",
        keys={
            "loss_sure_and_wrong": Key(
                "cross-entropy of a true class that was given a probability of 0.001",
                "decimal",
                label="loss of sure and wrong",
                within=0.001,
            ),
            "adam_loss": Key("loss that Adam reaches on a badly scaled bowl", within=0.001),
            "sgd_loss": Key("loss that plain gradient descent reaches in as many steps", within=0.001),
            "peak_learning_rate": Key("the recipe's largest learning rate", label="peak learning rate"),
        },
        exact=True,
    ),
    "05_train": Entry(
        "both networks trained in one run; which epoch each callback keeps and why one keeps a poor one",
        keys={
            "document_epochs": Key("epochs until the document's early stopping ended the run", "count", within=3),
            "document_seconds": Key("seconds that run took", "count", within=TIME),
            "document_restored_epoch": Key("epoch that EarlyStopping(min_delta=0.01) restored", "count", within=3),
            "document_checkpoint_epoch": Key("epoch that ModelCheckpoint kept", "count", within=3),
            "document_restored_accuracy": Key("validation accuracy of the restored epoch", "percent", within=0.008),
            "document_checkpoint_accuracy": Key("validation accuracy of the kept epoch", "percent", within=0.004),
            "best_epochs": Key("epochs of our recipe", "count"),
            "best_seconds": Key("seconds it took, in the same run", "count", label="our training, s", within=TIME),
            "best_seconds_to_document": Key(
                "seconds until ours first passed the best validation accuracy of that run",
                "count",
                label="ahead of the document after, s",
                within=TIME,
            ),
            "best_validation_accuracy": Key(
                "validation accuracy after the last epoch (other validation images)",
                "percent",
                label="validation accuracy",
                within=0.0025,
            ),
            "best_weights_sha256": Key(
                "digest of the trained weights, the same for each run on a machine", within=None
            ),
            "temperature": Key("what the logits are divided by, fitted on held-out digits", within=0.1),
            "unsure_below": Key("confidence that 99.5% of the held-out images of MNIST reach", "percent", within=0.1),
            "precision": Key("what our recipe computed in", within=None),
            "images_per_second": Key("images a second that a step of our recipe trains on", "count", within=None),
            "compute_share": Key(
                "share of a step's time that its computing takes; none where noise hides it", "percent", within=None
            ),
            "input_share": Key(
                "time of making a batch, which overlaps with the computing, against that of a step",
                "percent",
                within=None,
            ),
            "arithmetic_share": Key(
                "achieved operations a second against those of a large matrix product", "percent", within=None
            ),
        },
        alone=True,
        quick={"document_epochs": 2, "epochs": 2, "width": 0.5, "pen_digits": 600, "pen_others": 150},
    ),
    "06_test": Entry(
        "accuracy with intervals, confusions, the worst errors and what the network looked at, a paired test "
        "of the two, hard slices, calibration",
        keys={
            "document_errors": Key(
                "test images that the document's network misreads", "count", label="errors, document", within=60
            ),
            "best_errors": Key("test images that ours misreads", "count", label="errors, ours", within=20),
            "best_accuracy": Key("test accuracy of models/best.keras", "percent", label="test accuracy", within=0.002),
            "document_accuracy": Key("test accuracy of models/document.keras", "percent", within=0.006),
            "document_interval": Key("95% Wilson interval of the document's network", "interval", within=0.006),
            "best_interval": Key("95% Wilson interval of ours", "interval", within=0.002),
            "best_accuracy_without_doubtful": Key(
                "test accuracy of ours without the 15 doubtful labels", "percent", within=0.002
            ),
            "document_accuracy_without_doubtful": Key(
                "test accuracy of the document's network without them", "percent", within=0.006
            ),
            "mcnemar_only_document": Key(
                "test images that the document's network alone reads right", "count", within=15
            ),
            "mcnemar_only_best": Key("test images that only ours reads right", "count", within=60),
            "mcnemar_p": Key("p of the exact McNemar test", within=0.001),
            "calibration": Key("expected calibration errors, NLL (nats) and Brier score, by network", within=0.02),
            "error_slices": Key("share of ours' errors by class and quarters of ink, slant and width", within=0.02),
        },
        needs=("05_train",),
    ),
    "07_application": Entry(
        "the board, and every step from the pen to the word",
        keys={
            "digits_drawn": Key("digits drawn on the board by the notebook's stored drawings", "count"),
            "digits_read": Key("how many of them the board names correctly", "count"),
            "milliseconds_per_digit": Key(
                "median time from strokes to label in the kernel", "decimal", label="ms for a digit", within=TIME
            ),
            "milliseconds_predict": Key(
                "median time of `model.predict` for the same image, as in the document",
                "decimal",
                label="ms through predict",
                within=TIME,
            ),
        },
        needs=("05_train",),
        alone=True,
        quick={"repeats": 20},
    ),
    "08_benchmark": Entry(
        "seven recipes and ours on one machine: time to 99%, final accuracy over seeds, costs; ensembles; growth "
        "with images and threads",
        keys={
            "seeds": Key("most runs of a contender, each with its own seed", "count", label="runs of each contender"),
            "processor": Key("of the machine that made the runs"),
            "contenders": Key("by contender: means over its runs, as the notebook explains them"),
            "step_speed_up": Key("seconds an epoch of the document's `fit` against 50 steps to a call", "decimal"),
            "document_speed_up": Key("and against the same network, batch size and images in our training", "decimal"),
            "same_weights": Key("whether the two end in the same weights to the last bit"),
            "speed_up_to_99": Key(
                "median seconds of the document's code to 99% validation accuracy against ours",
                "decimal",
                label="faster to 99% than the document, times",
            ),
            "ensembles": Key("by number of our networks read together: test accuracy"),
            "growth_images": Key("triples of training images, seconds and test accuracy of our recipe"),
            "growth_threads": Key("pairs of threads and seconds an epoch of our recipe", within=None),
            "ensemble_milliseconds": Key("milliseconds here to read an image with so many of them", within=None),
            **TWIN,
        },
        alone=True,
    ),
    "09_tune": Entry(
        "a search for a better recipe on one machine or many, and an honest verdict on what it found",
        keys={
            "results": Key("trials that completed or were pruned", "count", label="results"),
            "pruned": Key("trials that were ended early", "count", label="pruned"),
            "images": Key("training images of each trial", "count"),
            "workers": Key("worker processes of the cluster", "count", within=None),
            "best": Key("the values of the best trial"),
            "best_accuracy": Key("validation accuracy of the best trial", "percent"),
            "default_accuracies": Key("accuracy of the default recipe on images kept for the verdict, by seed"),
            "found_accuracies": Key("accuracy of the found recipe on the same images, by seed"),
            "difference": Key("mean difference of the two"),
            "difference_interval": Key("its 95% interval over seeds"),
            "speed_up": Key(
                "how many times as fast two runs are on two workers as on one of them",
                "decimal",
                label="faster on two workers than on one, times",
                within=None,
            ),
            "same_weights": Key("whether they ended in the same weights"),
            "front": Key("by change of our recipe: seconds of training, parameters, and errors by what is read"),
            **TWIN,
        },
        alone=True,
    ),
    "10_architectures": Entry(
        "nine networks at equal budgets: accuracy with intervals, costs, which differences are real, which pay",
        keys={
            "seeds": Key("runs of each network", "count", label="runs of each network"),
            "images": Key("training images of each run", "count"),
            "epochs": Key("epochs of each run", "count"),
            "networks": Key("by network: mean test accuracy, its interval and s.d., runs, parameters, multiply-adds"),
            "milliseconds": Key("by network: milliseconds here to read an image", within=None),
            "front": Key("networks that are really better than every one of fewer multiply-adds, cheapest first"),
            "real_differences": Key("pairs of networks whose difference is real at a false discovery rate of 5%"),
            "pairs": Key("pairs of networks compared", "count", label="pairs compared"),
            **TWIN,
        },
        alone=True,
    ),
    "11_handwriting": Entry(
        "a network that learns one person's hand from a few drawings, and what that costs elsewhere",
        keys={
            "drawings": Key("drawings learned from", "count", label="drawings learned from"),
            "error_before": Key(
                "share of errors on the writer's held-back drawings, before",
                "percent",
                label="errors on held-back drawings, before",
                within=0.012,
            ),
            "error_after": Key("share of errors on them after learning", "percent", label="after", within=0.012),
            "seconds": Key("seconds of learning", "decimal", label="seconds", within=TIME),
            "writer": Key("whose hand it is"),
            "mnist_before": Key("accuracy on MNIST's test set, before", "percent", within=0.002),
            "mnist_after": Key("and after", "percent", within=0.002),
            "others_before": Key(
                "share of errors on synthetic drawings of the forms trained on, before", "percent", within=0.012
            ),
            "others_after": Key("and after", "percent", within=0.012),
            "curves": Key("mean error on held-back drawings over hands, by way of learning and drawings a digit"),
            "writers": Key("by writer of a file of several: errors before and after five drawings a digit"),
        },
        also={
            "hands": {
                "file": Key("name of the file of strokes"),
                "writers": Key("people who drew them, each learned alone", "count"),
                "drawings_a_digit": Key("drawings of each digit learned from", "count"),
                "splits": Key("ways of choosing those drawings that the figures are means over", "count"),
                "error_before": Key("share of errors of models/best.keras on the held-back drawings", "percent"),
                "error_after": Key("and of the network that learned the writer's hand", "percent"),
                "errors_by_split": Key("share of errors before and after, a mean over writers, for each split"),
                "mnist_before": Key("accuracy of models/best.keras on MNIST's test set", "percent"),
                "mnist_after": Key("and of the networks that learned", "percent"),
                "mnist_lowest": Key("and of the one that lost most there", "percent"),
                "sets": Key("all of this by name of the file, for each file that was measured", gathered=True),
            }
        },
        computed_by={"hands": ("experiments.writers",)},
        needs=("05_train",),
        quick={"most": 5},
    ),
    "12_pictures": Entry(
        "a photograph of digits taken apart and read, from the paper under the light to 28x28, and what each step buys",
        keys={
            "digits": Key("share of digits on made-up pages that are found and read right, by way", within=0.03),
            "themselves": Key("share of the same digits that are read right before they are photographed", within=0.02),
            "by_condition": Key("as digits, by condition, for the ways in that order", within=0.1),
            "rows_exact": Key("share of rows without a fault", "percent", label="rows read exactly", within=0.1),
        },
        also={"engines": {"read": Key("shares of digits and rows it read right, by engine, condition", gathered=True)}},
        computed_by={"engines": ("judging.engines", "pictures.scenes")},
        needs=("05_train",),
        quick={"pages": 1},
    ),
    "13_robustness": Entry(
        "corrupted images, drawings of unknown forms and of people, letters and scribbles, and what each part of the "
        "way from pen to network buys",
        keys={
            "withheld_accuracy": Key(
                "accuracy on synthetic drawings of forms that were withheld from training",
                "percent",
                label="drawings of unknown forms",
                within=0.012,
            ),
            "corruptions": Key(
                "accuracy of the document's network and of ours, by corruption after MNIST-C", within=(0.45, 0.08)
            ),
            "sure_shares": Key("share of readings that are sure, by what is read", within=0.08),
            "ablation": Key("mean accuracy after a few epochs, by training data and by what is read"),
            "ablation_spread": Key("its standard deviation over seeds"),
            **TWIN,
        },
        also={
            "drawings": {
                "file": Key("name of the file of strokes"),
                "digits": Key("drawings in it", "count"),
                "writers": Key("people who drew them", "count"),
                "per_writer": Key("accuracy of models/best.keras, as a mean over writers", "percent"),
                "lowest_writer": Key("accuracy on the drawings of the writer it reads worst", "percent"),
                "sure_share": Key("share of the readings that are sure", "percent"),
                "ablation": Key(
                    "accuracy as a mean over writers after a few epochs, by training data and way of presenting"
                ),
                "weights_sha256": Key("digest of the weights that this was measured with, as 05_train publishes it"),
                "sets": Key("all of this by name of the file, for each file that was measured", gathered=True),
            }
        },
        computed_by={"drawings": ("experiments.trial",)},
        needs=("05_train",),
        quick={"drawn_digits": 1000},
    ),
}


def entry_of(notebook: str) -> Entry:
    """Return the entry of a notebook; one that says nothing for a notebook that has none, such as a user's own."""
    return NOTEBOOKS.get(notebook, Entry(""))


def keys_of(name: str) -> dict[str, Key]:
    """Return what is published under a name, a notebook's or one of those in `also`; nothing for an unknown name."""
    published = {notebook: entry.keys for notebook, entry in NOTEBOOKS.items()}
    for entry in NOTEBOOKS.values():
        published |= entry.also
    return published.get(name, {})
