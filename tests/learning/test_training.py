"""Networks, recipe, batches, precision, and runs that go on where they were interrupted."""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from mnist_nb.data import DataError, hold_out, load_data
from mnist_nb.experiments.contenders import STILL
from mnist_nb.learning import augmentation, networks, precision, training
from mnist_nb.learning.model_file import weights_sha256
from mnist_nb.learning.recipe import Recipe

pytestmark = pytest.mark.training

SMALL = Recipe(epochs=3, batch_size=100, pen_digits=20, pen_others=10, seed=3)


@pytest.fixture(scope="module")
def digits():
    (x_train, y_train), _ = load_data()
    return x_train[:600], y_train[:600]


@pytest.fixture(scope="module")
def examples(digits):
    images, labels = digits
    return training.TrainingSet(images, keras.utils.to_categorical(labels, 10), np.zeros(len(images), bool))


def test_the_documents_network_is_the_documents():
    model = networks.document_cnn()
    assert model.count_params() == 34_826
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["Reshape", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dropout", "Dense"]
    assert model.layers[-2].rate == 0.25


@pytest.mark.parametrize("build", networks.NETWORKS.values())
def test_networks_take_raw_images_and_return_probabilities(build, digits):
    model = build()
    assert model.input_shape == (None, 28, 28) and model.output_shape == (None, 10)
    probabilities = model(digits[0][:4].astype("float32")).numpy()
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize(("name", "parameters"), [("softmax_regression", 7850), ("mlp", 238_510), ("lenet5", 61_706)])
def test_well_known_networks_have_their_parameters(name, parameters):
    assert networks.NETWORKS[name]().count_params() == parameters


def test_ours_fits_into_ten_thousand_parameters():
    assert 9_000 < networks.digit_cnn(width=0.16).count_params() < 10_000


def test_description_counts_parameters_and_multiply_adds():
    rows = networks.describe(networks.digit_cnn())
    assert sum(row["parameters"] for row in rows) == networks.digit_cnn().count_params()
    convolution = next(row for row in rows if row["layer"] == "Conv2D")
    assert convolution["multiply_adds"] == 28 * 28 * 9 * 32 and convolution["receptive_field"] == 3


def test_batches_are_a_function_of_seed_and_step(examples):
    recipe = Recipe(epochs=2, batch_size=100, seed=5)
    first, second = ([x.numpy() for x, _ in training.training_batches(examples, recipe)] for _ in range(2))
    assert len(first) == 12 and first[0].shape == (100, 28, 28)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    other = next(iter(training.training_batches(examples, Recipe(epochs=2, seed=6))))[0].numpy()
    assert not np.array_equal(first[0], other)


def test_an_epoch_holds_every_image_once_with_its_label(digits, examples):
    recipe = Recipe(epochs=2, batch_size=100, **STILL)
    batches = list(training.training_batches(examples, recipe))
    orders = []
    for epoch in (batches[:6], batches[6:]):
        images = np.concatenate([x.numpy() for x, _ in epoch]).astype(np.uint8)
        labels = np.concatenate([y.numpy() for _, y in epoch]).argmax(1)
        keys = [image.tobytes() for image in images]
        label_of = dict(zip([image.tobytes() for image in digits[0]], digits[1], strict=True))
        assert sorted(keys) == sorted(label_of) and [label_of[key] for key in keys] == labels.tolist()
        orders.append(keys)
    assert orders[0] != orders[1]


def test_no_augmentation_limits_mean_no_change(digits):
    still = Recipe(**STILL)
    assert not still.distorts and Recipe().distorts
    images = digits[0][:8].astype("float32")
    assert np.allclose(augmentation.random_affine(images, still, (0, 0)), images, atol=1e-3)


def test_a_turn_is_about_the_centre():
    image = np.zeros((1, 28, 28), "float32")
    image[0, 13:15, 13:15] = 255
    turned = augmentation.random_affine(image, Recipe(**{**STILL, "rotation": 3.0}), (1, 2)).numpy()[0]
    rows, columns = np.indices(turned.shape)
    assert np.isclose((rows * turned).sum() / turned.sum(), 13.5, atol=0.05)
    assert np.isclose((columns * turned).sum() / turned.sum(), 13.5, atol=0.05)


def test_about_the_share_of_images_is_disturbed_in_several_ways(digits):
    images = digits[0][:400].astype("float32")
    disturbed = augmentation.random_disturbance(images, 0.25, (1, 2)).numpy()
    changed = np.abs(disturbed - images).max((1, 2)) > 1
    assert 0.15 < changed.mean() < 0.35 and disturbed.min() >= 0 and disturbed.max() <= 255.001
    assert np.allclose(disturbed[~changed], images[~changed], atol=1e-3)
    added = disturbed[changed].mean((1, 2)) - images[changed].mean((1, 2))
    assert np.abs(added).min() < 3 and added.max() > 40  # Blur adds no ink, and another ground adds much.
    touched = (np.abs(disturbed - images)[changed] > 1).mean((1, 2))
    ground, ink = images[changed] == 0, images[changed] > 100
    grained = (~ground | (disturbed[changed] == 0)).all((1, 2)) & (ink & (disturbed[changed] == 0)).any((1, 2))
    assert touched.min() < 0.1 and touched.max() > 0.9 and 0 < grained.mean() < 0.5
    assert np.array_equal(disturbed, augmentation.random_disturbance(images, 0.25, (1, 2)))
    assert not np.array_equal(disturbed, augmentation.random_disturbance(images, 0.25, (1, 3)))
    assert np.array_equal(augmentation.random_disturbance(images, 0.0, (1, 2)), images)


def test_the_schedule_rises_to_the_peak_and_ends_at_zero():
    recipe = Recipe(epochs=10, batch_size=100, peak_learning_rate=0.01, warm_up=0.2)
    rates = [float(recipe.learning_rate(1000)(step)) for step in range(101)]
    assert np.argmax(rates) == 20 and np.isclose(max(rates), 0.01) and np.isclose(rates[-1], 0, atol=1e-9)


def test_two_seeded_runs_end_in_the_same_weights(digits):
    models, histories = zip(*[training.train(SMALL, *digits, validation=digits) for _ in range(2)], strict=True)
    assert weights_sha256(models[0]) == weights_sha256(models[1])
    assert histories[0]["val_accuracy"] == histories[1]["val_accuracy"] and len(histories[0]["seconds"]) == 3


@pytest.mark.parametrize("network", networks.NETWORKS)
def test_a_seed_gives_the_same_network_whoever_else_draws_numbers(network, monkeypatch):
    recipe = Recipe(network=network, dropout=0.2)
    alone = training.compiled_model(recipe, 1000)
    monkeypatch.setattr(random, "randint", lambda low, high: 5)  # Keras asks Python's generator for seeds.
    beside_others = training.compiled_model(recipe, 1000)
    assert weights_sha256(alone) == weights_sha256(beside_others)
    states = [[v.numpy().tolist() for v in model.non_trainable_variables] for model in (alone, beside_others)]
    assert states[0] == states[1]
    other = training.compiled_model(dataclasses.replace(recipe, seed=2), 1000)
    assert weights_sha256(other) != weights_sha256(alone)
    monkeypatch.undo()
    keras.utils.set_random_seed(recipe.seed)
    with precision.precision(recipe.precision):
        as_keras_seeds = networks.NETWORKS[network](recipe.width, recipe.dropout)
    assert weights_sha256(as_keras_seeds) == weights_sha256(alone)


class Interrupting(keras.callbacks.Callback):
    """Stops a run as the kernel's Interrupt does, in the middle of its second epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) > 9:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    "change", [{}, {"averaging": 0.9, "dropout": 0.3}, {"network": "document_cnn", "dropout": 0.25}]
)
def test_an_interrupted_run_goes_on_to_the_same_weights(digits, tmp_path, capsys, change):
    recipe = dataclasses.replace(SMALL, **change)
    whole, history = training.train(recipe, *digits)
    path = tmp_path / "unfinished.npz"
    with pytest.raises(KeyboardInterrupt):
        training.train(recipe, *digits, unfinished=path, callbacks=[Interrupting()])
    resumed, resumed_history = training.train(recipe, *digits, unfinished=path)
    assert "Going on after epoch 1 of a run that was interrupted." in capsys.readouterr().out
    assert weights_sha256(resumed) == weights_sha256(whole)
    assert (
        resumed_history["loss"] == history["loss"] and sorted(resumed_history["seconds"]) == resumed_history["seconds"]
    )
    again, _ = training.train(recipe, *digits, unfinished=path)
    assert weights_sha256(again) == weights_sha256(whole)


def test_a_run_does_not_go_on_from_another(digits, tmp_path, capsys):
    path = tmp_path / "unfinished.npz"
    training.train(SMALL, *digits, unfinished=path)
    other = dataclasses.replace(SMALL, seed=4)
    model, _ = training.train(other, *digits, unfinished=path)
    fewer, _ = training.train(other, digits[0][1:], digits[1][1:], unfinished=path)
    path.write_bytes(path.read_bytes()[:1000])
    after_damage, _ = training.train(other, *digits, unfinished=path)
    assert "Going on" not in capsys.readouterr().out
    assert weights_sha256(after_damage) == weights_sha256(model) != weights_sha256(fewer)


KILLED = """
import dataclasses, sys
from pathlib import Path
from mnist_nb.learning import Recipe, train, weights_sha256
from mnist_nb import load_data
(x, y), _ = load_data()
recipe = Recipe(epochs=6, pen_digits=20, pen_others=10, seed=3)
print("begins", flush=True)
model, _ = train(recipe, x[:2000], y[:2000], unfinished=Path(sys.argv[1]), verbose=2)
print(weights_sha256(model))
"""


def test_a_killed_process_leaves_whole_files_and_loses_at_most_an_epoch(tmp_path):
    def start(path):
        command = [sys.executable, "-c", KILLED, str(path)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    expected = start(tmp_path / "whole.npz").communicate()[0].split()[-1]
    path, rng, done = tmp_path / "killed.npz", np.random.default_rng(0), 0
    for _ in range(2):
        process = start(path)
        for line in process.stdout:
            if line.startswith("Epoch"):
                break
        time.sleep(rng.uniform(0, 4))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        if path.exists():
            epochs = len(json.loads(str(np.load(path)["history"]))["loss"])
            assert epochs >= done
            done = epochs
    assert start(path).communicate()[0].split()[-1] == expected


def test_the_float32_copy_keeps_weights_and_optimizer(digits, examples):
    recipe = Recipe(epochs=1, batch_size=100, precision="bfloat16")
    model = training.compiled_model(recipe, len(digits[0]))
    model.fit(training.training_batches(examples, recipe), steps_per_epoch=6, shuffle=False, verbose=0)
    copy = precision.in_float32(model)
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
    assert int(copy.optimizer.iterations) == 6
    pairs = zip(copy.weights + copy.optimizer.variables, model.weights + model.optimizer.variables, strict=True)
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in pairs)
    assert keras.config.dtype_policy().name == "float32"


def test_precision_is_named_or_refused():
    assert precision.chosen_precision("float32") == "float32"
    assert precision.chosen_precision() in precision.POLICIES
    with pytest.raises(ValueError, match="precision must be auto, float32, bfloat16, float16; found 'fp8'"):
        precision.chosen_precision("fp8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": "resnet"}, "network must be one of digit_cnn, document_cnn, .*; found 'resnet'"),
        ({"epochs": 0}, "epochs must be at least 1; found 0"),
        ({"warm_up": 1.5}, "warm_up must be from 0 to 0.99; found 1.5"),
        ({"precision": "fp8"}, "precision must be auto"),
        ({"scale": float("nan")}, "scale must be at least 0; found nan"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Recipe(**change)


def test_too_few_images_for_a_batch_are_refused(digits):
    with pytest.raises(ValueError, match="A batch of 200 needs at least as many images; there are 10"):
        training.compiled_model(Recipe(), 10)


def test_validation_images_are_never_trained_on():
    (x_train, y_train), _ = load_data()
    (x_fit, _), (x_validation, _) = hold_out(x_train, y_train)
    seen = {image.tobytes() for image in x_fit}
    shared = sum(image.tobytes() in seen for image in x_validation)
    assert len(x_fit) + len(x_validation) == len(x_train) and shared == 0


def test_a_training_set_is_mnist_and_pen_digits_and_others(digits):
    recipe = Recipe(pen_digits=40, pen_others=10)
    examples = training.training_set(*digits, recipe)
    images, targets = examples.images, examples.targets
    assert images.shape == (650, 28, 28) and images.dtype == np.uint8 and targets.dtype == np.float32
    assert np.array_equal(images[:600], digits[0]) and (images[600:].max((1, 2)) == 255).all()
    assert np.array_equal(targets[:600].argmax(1), digits[1])
    assert (np.sort(targets[:640], axis=1) == np.eye(10)[9]).all()
    assert np.allclose(targets[640:], 0.1)
    assert np.flatnonzero(examples.drawn).tolist() == list(range(600, 650))
    assert np.array_equal(images, training.training_set(*digits, recipe).images)
    alone = training.training_set(*digits, Recipe(pen_digits=0, pen_others=0))
    assert np.array_equal(alone.images, digits[0]) and not alone.drawn.any()


def test_drawings_stay_clean_wherever_they_stand(digits):
    """What is a drawing is said by the set, not by the recipe's numbers, which here are of other drawings."""
    recipe = Recipe(epochs=1, batch_size=100, pen_digits=500, pen_others=0, **STILL | {"disturbed": 1.0})
    drawn = np.arange(600) % 3 == 0
    examples = training.TrainingSet(digits[0], np.eye(10, dtype=np.float32)[digits[1]], drawn)
    images = np.concatenate([x.numpy() for x, _ in training.training_batches(examples, recipe)])
    as_they_were = {image.astype(np.float32).tobytes() for image in digits[0]}
    clean = sum(image.tobytes() in as_they_were for image in images)
    assert drawn.sum() <= clean <= drawn.sum() + 40  # A patch may fall on nothing that it changes.


def test_temperature_divides_the_logits():
    model = networks.digit_cnn()
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28)).astype("float32")
    cold = precision.in_float32(compiled(model), temperature=0.5)(images).numpy()
    squared = model(images).numpy() ** 2
    assert np.allclose(cold, squared / squared.sum(1, keepdims=True), atol=1e-5)


def compiled(model):
    model.compile(keras.optimizers.AdamW(1e-3), "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    return model


def test_a_batch_in_parts_gives_what_the_network_gives(digits):
    model = training.compiled_model(dataclasses.replace(SMALL, parts=3, precision="float32"), 600)
    images = digits[0][:7].astype("float32")
    assert np.allclose(model(images), keras.Sequential([model.inputs[0], *model.layers])(images), atol=1e-6)
    assert model(images, training=True).shape == (7, 10)
    model.optimizer.build(model.trainable_variables)
    assert type(precision.in_float32(model)) is keras.Sequential  # A saved file needs nothing of this project.


def test_fused_normalisation_is_that_of_keras():
    inputs = np.random.default_rng(0).normal(3, 2, (8, 5, 5, 4)).astype("float32")
    plain, fused = keras.layers.BatchNormalization(momentum=0.9), training.FusedNormalization(momentum=0.9)
    for layer in (plain, fused):
        layer.build(inputs.shape)
        layer.set_weights([np.arange(1.0, 5), np.arange(4.0), np.zeros(4), np.ones(4)])
    assert np.allclose(plain(inputs, training=True), fused(inputs, training=True), atol=1e-4)
    (*_, mean, variance), (*_, fused_mean, fused_variance) = plain.get_weights(), fused.get_weights()
    assert np.allclose(mean, fused_mean, atol=1e-5)
    assert np.allclose((variance - 0.9) * 200 / 199, fused_variance - 0.9, atol=1e-4)
    fused.set_weights(plain.get_weights())
    assert np.array_equal(plain(inputs), fused(inputs))
    model = training.compiled_model(Recipe(parts=1), 1000)
    model.optimizer.build(model.trainable_variables)
    kinds, saved = ({type(layer) for layer in each.layers} for each in (model, precision.in_float32(model)))
    assert training.FusedNormalization in kinds and training.FusedNormalization not in saved


def test_what_is_no_better_than_guessing_has_not_learned():
    for accuracy, images in [(0.1, 5000), (0.1135, 5000), (0.2, 50), (float("nan"), 5000)]:
        with pytest.raises(training.TrainingError, match="no better than guessing: it has learned nothing"):
            training.require_learning(accuracy, images)
    training.require_learning(0.2, 5000)
    training.require_learning(0.9, 10)


def test_training_on_what_is_no_mnist_is_refused_or_warned_of(digits):
    x, y = digits
    for wrong in ((x / 255, y), (x, np.eye(10)[y]), (x, y[:-1]), (x, [*y[:-1], -1]), (x[..., None], y)):
        with pytest.raises(DataError):
            training.train(SMALL, *wrong)
