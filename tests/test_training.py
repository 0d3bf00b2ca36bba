"""Networks, recipe, batches and saving."""

import keras
import numpy as np
import pytest

from mnist_nb import networks, training
from mnist_nb.data import hold_out, load_data


@pytest.fixture(scope="module")
def digits():
    (x_train, y_train), _ = load_data()
    return x_train[:600], y_train[:600]


@pytest.fixture(scope="module")
def targets(digits):
    return digits[0], keras.utils.to_categorical(digits[1], 10)


def test_the_documents_network_is_the_documents():
    model = networks.document_cnn()
    assert model.count_params() == 34_826
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds[2:] == ["Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dropout", "Dense"]
    assert model.layers[-2].rate == 0.25


@pytest.mark.parametrize("build", [networks.document_cnn, networks.digit_cnn])
def test_networks_take_raw_images_and_return_probabilities(build, digits):
    model = build()
    assert model.input_shape == (None, 28, 28) and model.output_shape == (None, 10)
    probabilities = model(digits[0][:4].astype("float32")).numpy()
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)


def test_description_counts_parameters_and_multiply_adds():
    rows = networks.describe(networks.digit_cnn())
    assert sum(row["parameters"] for row in rows) == networks.digit_cnn().count_params()
    convolution = next(row for row in rows if row["layer"] == "Conv2D")
    assert convolution["multiply_adds"] == 28 * 28 * 9 * 32 and convolution["receptive_field"] == 3


def test_batches_are_a_function_of_seed_and_step(targets):
    recipe = training.Recipe(epochs=2, batch_size=100, seed=5)
    first, second = ([x.numpy() for x, _ in training.training_batches(*targets, recipe)] for _ in range(2))
    assert len(first) == 12 and first[0].shape == (100, 28, 28)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    other = next(iter(training.training_batches(*targets, training.Recipe(epochs=2, seed=6))))[0].numpy()
    assert not np.array_equal(first[0], other)


def test_an_epoch_holds_every_image_once_with_its_label(digits, targets):
    recipe = training.Recipe(epochs=2, batch_size=100, augmentation=None)
    batches = list(training.training_batches(*targets, recipe))
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
    still = training.Augmentation(rotation=0.0, scale=0.0, shear=0.0, shift=0.0)
    images = digits[0][:8].astype("float32")
    assert np.allclose(training.random_affine(images, still, (0, 0)), images, atol=1e-3)


def test_a_turn_is_about_the_centre():
    image = np.zeros((1, 28, 28), "float32")
    image[0, 13:15, 13:15] = 255
    turned = training.random_affine(image, training.Augmentation(3.0, 0.0, 0.0, 0.0), (1, 2)).numpy()[0]
    rows, columns = np.indices(turned.shape)
    assert np.isclose((rows * turned).sum() / turned.sum(), 13.5, atol=0.05)
    assert np.isclose((columns * turned).sum() / turned.sum(), 13.5, atol=0.05)


def test_the_schedule_rises_to_the_peak_and_ends_at_zero():
    recipe = training.Recipe(epochs=10, batch_size=100, peak_learning_rate=0.01, warm_up=0.2)
    rates = [float(recipe.learning_rate(1000)(step)) for step in range(101)]
    assert np.argmax(rates) == 20 and np.isclose(max(rates), 0.01) and np.isclose(rates[-1], 0, atol=1e-9)


def test_two_seeded_runs_end_in_the_same_weights(digits, targets):
    recipe = training.Recipe(epochs=1, batch_size=100, seed=3)
    runs = []
    for _ in range(2):
        model = training.compiled_model(recipe, len(digits[0]))
        model.fit(training.training_batches(*targets, recipe), steps_per_epoch=6, shuffle=False, verbose=0)
        runs.append(model.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(*runs, strict=True))


def test_the_float32_copy_keeps_weights_and_optimizer(digits, targets):
    recipe = training.Recipe(epochs=1, precision="bfloat16")
    model = training.compiled_model(recipe, len(digits[0]))
    model.fit(training.training_batches(*targets, recipe), steps_per_epoch=6, shuffle=False, verbose=0)
    copy = training.in_float32(model)
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
    assert int(copy.optimizer.iterations) == 6
    pairs = zip(copy.weights + copy.optimizer.variables, model.weights + model.optimizer.variables, strict=True)
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in pairs)
    assert keras.config.dtype_policy().name == "float32"


def test_precision_is_named_or_refused():
    assert training.chosen_precision("float32") == "float32"
    assert training.chosen_precision() in training.POLICIES
    with pytest.raises(ValueError, match="precision must be auto, float32, bfloat16, float16; found 'fp8'"):
        training.chosen_precision("fp8")


def test_too_few_images_for_a_batch_are_refused(digits):
    with pytest.raises(ValueError, match="A batch of 100 needs at least as many images; there are 10"):
        training.compiled_model(training.Recipe(), 10)


def test_validation_images_are_never_trained_on():
    (x_train, y_train), _ = load_data()
    (x_fit, _), (x_validation, _) = hold_out(x_train, y_train)
    seen = {image.tobytes() for image in x_fit}
    shared = sum(image.tobytes() in seen for image in x_validation)
    assert len(x_fit) + len(x_validation) == len(x_train) and shared == 0


def test_a_training_set_is_mnist_and_pen_digits_and_others(digits):
    recipe = training.Recipe(pen_digits=40, pen_others=10)
    images, targets = training.training_set(*digits, recipe)
    assert images.shape == (650, 28, 28) and images.dtype == np.uint8 and targets.dtype == np.float32
    assert np.array_equal(images[:600], digits[0]) and (images[600:].max((1, 2)) == 255).all()
    assert np.array_equal(targets[:600].argmax(1), digits[1])
    assert (np.sort(targets[:640], axis=1) == np.eye(10)[9]).all()
    assert np.allclose(targets[640:], 0.1)
    again, _ = training.training_set(*digits, recipe)
    assert np.array_equal(images, again)
    alone, _ = training.training_set(*digits, training.Recipe(pen_digits=0, pen_others=0))
    assert np.array_equal(alone, digits[0])


def test_temperature_divides_the_logits():
    model = networks.digit_cnn()
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28)).astype("float32")
    cold = training.in_float32(compiled(model), temperature=0.5)(images).numpy()
    squared = model(images).numpy() ** 2
    assert np.allclose(cold, squared / squared.sum(1, keepdims=True), atol=1e-5)


def compiled(model):
    model.compile(keras.optimizers.AdamW(1e-3), "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    return model
